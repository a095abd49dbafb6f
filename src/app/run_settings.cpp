#include "app/run_settings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "core/name_list.hpp"
#include "pgtide/error.hpp"

namespace pgtide {

std::string new_run_id() {
  std::array<unsigned char, 16> bytes{};
  // Not OpenSSL's generator, which takes longer to start than the rest of the program.
  if (getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorKind::internal, "the system gives no random numbers");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // RFC 4122 variant
  std::string id;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += fmt::format("{:02x}", bytes[i]);
  }
  return id;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

ConnectionTarget target_of(const Settings& settings) {
  if (settings.url.empty()) {
    throw Error(ErrorKind::config, "no database is given",
                "give one with --url, in DATABASE_URL (or PGTIDE_URL), or as `url` in pgtide.toml; "
                "`--embedded` "
                "starts a private server instead");
  }
  return parse_connection(settings.url);
}

LedgerNames names_of(const Settings& settings, const ConnectionTarget& target) {
  LedgerNames names;
  names.table = settings.table;
  if (!settings.schema.empty()) {
    names.schema = settings.schema;
  } else if (!target.schema.empty()) {
    names.schema = target.schema;
  }
  return names;
}

namespace {

std::string search_path_of(const Settings& settings, const ConnectionTarget& target) {
  if (!settings.search_path.empty()) {
    if (const auto names = names_in_list(settings.search_path)) return quoted_list(*names);
    throw Error(ErrorKind::config, "`search_path` is not a list of names", search_path_hint);
  }
  return target.schema.empty() ? std::string() : quote_identifier(target.schema);
}

}  // namespace

std::chrono::milliseconds lock_timeout_of(const Settings& settings) {
  constexpr std::chrono::milliseconds usual{5000};
  return settings.lock_timeout.value_or(usual);
}

engine::SessionSettings session_settings(const Settings& settings, const ConnectionTarget& target,
                                         const ServerFacts& server) {
  engine::SessionSettings session = session_settings(settings, target);
  if (!settings.lock_timeout && server.lock_timeout.count() > 0) {
    session.lock_timeout = server.lock_timeout;
  }
  if (!settings.statement_timeout) session.statement_timeout = server.statement_timeout;
  return session;
}

engine::SessionSettings session_settings(const Settings& settings, const ConnectionTarget& target) {
  engine::SessionSettings session;
  session.lock_timeout = lock_timeout_of(settings);
  session.statement_timeout = settings.statement_timeout.value_or(std::chrono::milliseconds(0));
  session.search_path = search_path_of(settings, target);
  session.role = settings.role;
  return session;
}

}  // namespace pgtide
