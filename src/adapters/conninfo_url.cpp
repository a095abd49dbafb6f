#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "adapters/conninfo_parts.hpp"
#include "pgtide/conninfo.hpp"

namespace pgtide::adapters {
namespace {

constexpr const char* encoding_hint =
    "characters like these in a password must be percent-encoded: @ is %40, / is %2F, : is %3A, "
    "? is %3F, # is %23, % is %25, a blank is %20";

// No message repeats anything of the URL: what looks like a host may be a part of the password.
[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorKind::config, what, encoding_hint);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      refuse("the connection URL has a % that is not followed by two hex digits");
    }
    if (high == 0 && low == 0) refuse("the connection URL holds %00, which cannot be sent");
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

// Cuts off and returns what stands before the first of `stops`.
std::string_view take_until(std::string_view& text, std::string_view stops) {
  const std::size_t end = std::min(text.find_first_of(stops), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

class UrlParser {
 public:
  UrlParser(std::string_view scheme, std::string_view rest) : rest_(rest) {
    parts_.shown = std::string(scheme) + "://";
  }

  ConnectionParts parse() {
    user_and_password();
    hosts();
    if (take(rest_, '/')) database();
    if (take(rest_, '?')) parameters();
    return std::move(parts_);
  }

 private:
  void user_and_password() {
    const std::size_t at = rest_.find_first_of("@/");
    if (at == std::string_view::npos || rest_[at] == '/') return;
    std::string_view credentials = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    const std::string_view user = take_until(credentials, ":");
    if (!user.empty()) parts_.set("user", decode(user));
    parts_.shown += user;
    if (take(credentials, ':') && !credentials.empty()) {
      parts_.set("password", decode(credentials));
      parts_.shown += ":***";
    }
    parts_.shown += '@';
  }

  void hosts() {
    const std::string_view all = rest_;
    std::string names;
    std::string ports;
    for (;;) {
      names += host();
      if (take(rest_, ':')) ports += take_until(rest_, ",/?");
      if (!take(rest_, ',')) break;
      names += ',';
      ports += ',';
    }
    if (!rest_.empty() && rest_.front() != '/' && rest_.front() != '?') {
      refuse("the host in the connection URL is not followed by a port or a database");
    }
    const std::string_view raw = all.substr(0, all.size() - rest_.size());
    if (raw.find('@') != std::string_view::npos) {
      refuse("the connection URL has more than one @ before the host");
    }
    if (!names.empty()) parts_.set("host", names);
    if (!ports.empty()) parts_.set("port", ports);
    parts_.shown += raw;
  }

  std::string host() {
    if (!take(rest_, '[')) return decode(take_until(rest_, ":,/?"));
    const std::string_view address = take_until(rest_, "]");
    if (!take(rest_, ']') || address.empty()) {
      refuse("the connection URL has a [ that begins no IPv6 address");
    }
    return decode(address);
  }

  void database() {
    const std::string_view name = take_until(rest_, "?");
    if (name.find('@') != std::string_view::npos) {
      refuse("the connection URL has an @ after the host");
    }
    if (!name.empty()) parts_.set("dbname", decode(name));
    parts_.shown += '/';
    parts_.shown += name;
  }

  void parameters() {
    char separator = '?';
    while (!rest_.empty()) {
      std::string_view value = take_until(rest_, "&");
      take(rest_, '&');
      if (value.empty()) continue;
      const std::string_view raw_keyword = take_until(value, "=");
      const bool has_value = take(value, '=');
      if (const auto shown = parameter(decode(raw_keyword), value, has_value)) {
        parts_.shown += separator + *shown;
        separator = '&';
      }
    }
  }

  // What to show of the parameter; nullopt when it is left out.
  std::optional<std::string> parameter(const std::string& keyword, std::string_view value,
                                       bool has_value) {
    for (const unsigned char c : keyword) {
      if (std::isalnum(c) == 0 && c != '_' && c != '-' && c != '.') {
        refuse("the connection URL has a parameter that is not of the form name=value");
      }
    }
    if (keyword == "ssl" && value == "true") {
      parts_.set("sslmode", "require");
      return "ssl=true";
    }
    switch (use_of(keyword)) {
      case KeywordUse::schema:
        parts_.schema = decode(value);
        break;
      case KeywordUse::leave_out:
        parts_.left_out.push_back(keyword);
        return std::nullopt;
      case KeywordUse::libpq:
        if (!has_value) refuse("the connection URL has a parameter without a value");
        parts_.set(keyword, decode(value));
        break;
    }
    if (holds_password(keyword)) return keyword + "=***";
    return keyword + '=' + redact(std::string(value));
  }

  std::string_view rest_;
  ConnectionParts parts_;
};

}  // namespace

ConnectionParts parse_connection_url(std::string_view scheme, std::string_view rest) {
  for (const unsigned char c : rest) {
    if (std::isspace(c) != 0) refuse("the connection URL has a blank in it");
  }
  return UrlParser(scheme, rest).parse();
}

}  // namespace pgtide::adapters
