#include "pgtide/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <string_view>

#include "adapters/conninfo_parts.hpp"
#include "pgtide/error.hpp"

namespace pgtide {
namespace adapters {
namespace {

using OptionList = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

const std::set<std::string>& libpq_keywords() {
  static const std::set<std::string> keywords = [] {
    const OptionList defaults(PQconndefaults(), &PQconninfoFree);
    std::set<std::string> names;
    for (const auto* option = defaults.get(); option && option->keyword; ++option) {
      names.insert(option->keyword);
    }
    return names;
  }();
  return keywords;
}

constexpr const char* url_example = "write postgresql://user:password@host:5432/database";

// Blanks and line ends around it come from files and shells, quotes from .env files.
std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.front() == text.back();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// `postgresql` of `postgresql://…`, `jdbc` of `jdbc:postgresql://…`; empty when there is none.
std::string_view scheme_of(std::string_view text) {
  std::size_t i = 0;
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  while (i < text.size() && part(text[i])) ++i;
  const bool letter = !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0;
  return letter && i < text.size() && text[i] == ':' ? text.substr(0, i) : std::string_view{};
}

[[noreturn]] void refuse_scheme(std::string_view scheme, std::string_view text) {
  if (scheme == "jdbc") {
    throw Error(ErrorKind::config, "a jdbc: URL is not a PostgreSQL connection URL",
                fmt::format("leave out `jdbc:` and put the user before the host: {}",
                            url_example + std::string_view("write ").size()));
  }
  // Without `//` this may be `user:password@host`, and the "scheme" a user.
  if (text.substr(scheme.size(), 3) != "://") {
    throw Error(ErrorKind::config,
                "the connection string does not begin with postgresql:// and is not a list of "
                "key=value pairs",
                url_example);
  }
  throw Error(ErrorKind::config,
              fmt::format("pgtide works with PostgreSQL only, the URL is one for {}://", scheme),
              url_example);
}

ConnectionParts take_apart(const std::string& url) {
  const std::string_view text = trimmed(url);
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::config, "the connection string holds a NUL character", url_example);
  }
  const std::string_view scheme = scheme_of(text);
  const std::size_t rest = scheme.size() + std::string_view("://").size();
  if ((scheme == "postgresql" || scheme == "postgres") && text.substr(scheme.size(), 3) == "://") {
    return parse_connection_url(scheme, text.substr(rest));
  }
  if (!scheme.empty()) refuse_scheme(scheme, text);
  if (text.find('=') == std::string_view::npos) {
    throw Error(ErrorKind::config,
                "the connection string is neither a postgresql:// URL nor a list of key=value "
                "pairs",
                url_example);
  }
  return parse_connection_pairs(text);
}

bool is_port(std::string_view text) {
  if (text.empty()) return true;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  if (!digits || text.size() > 5) return false;
  const int number = std::stoi(std::string(text));
  return number >= 1 && number <= 65535;
}

// libpq would repeat a wrong port, which may be what follows a : in the password.
void check_ports(const ConnectionParts& parts) {
  for (const auto& [keyword, value] : parts.options) {
    if (keyword != "port") continue;
    std::string_view rest = value;
    for (;;) {
      const std::size_t comma = rest.find(',');
      if (!is_port(rest.substr(0, comma))) {
        throw Error(ErrorKind::config,
                    "the port of the connection is not a number between 1 and 65535",
                    "if it is a part of the password, percent-encode : as %3A, / as %2F and @ as "
                    "%40 there");
      }
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
}

void add_notices(ConnectionParts& parts, ConnectionTarget& target) {
  if (!parts.left_out.empty()) {
    target.notices.push_back(
        fmt::format("left out of the connection, because PostgreSQL does not know them: {}",
                    fmt::join(parts.left_out, ", ")));
  }
  for (auto& option : parts.options) {
    if (option.keyword != "sslmode" || option.value != "no-verify") continue;
    option.value = "require";
    target.notices.push_back("sslmode=no-verify is read as sslmode=require");
  }
}

// What libpq says may repeat any part of the string, so none of it is passed on.
void check_with_libpq(const std::string& conninfo) {
  char* message = nullptr;
  const OptionList options(PQconninfoParse(conninfo.c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
  if (!options) {
    throw Error(ErrorKind::config, "PostgreSQL's client library refuses the connection string",
                url_example);
  }
}

}  // namespace

void ConnectionParts::set(const std::string& keyword, std::string value) {
  const auto it = std::find_if(options.begin(), options.end(),
                               [&](const ConnectionOption& o) { return o.keyword == keyword; });
  if (it != options.end()) {
    it->value = std::move(value);
  } else {
    options.push_back({keyword, std::move(value)});
  }
}

KeywordUse use_of(const std::string& keyword) {
  if (keyword == "schema") return KeywordUse::schema;
  return libpq_keywords().count(keyword) != 0 ? KeywordUse::libpq : KeywordUse::leave_out;
}

bool holds_password(const std::string& keyword) {
  return keyword == "password" || keyword == "sslpassword";
}

}  // namespace adapters

ConnectionTarget parse_connection(const std::string& url) {
  adapters::ConnectionParts parts = adapters::take_apart(url);
  adapters::check_ports(parts);
  ConnectionTarget target;
  adapters::add_notices(parts, target);
  target.conninfo = adapters::to_conninfo(parts.options);
  adapters::check_with_libpq(target.conninfo);
  target.shown = std::move(parts.shown);
  target.schema = std::move(parts.schema);
  return target;
}

}  // namespace pgtide
