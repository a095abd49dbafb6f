#include "adapters/pg_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/connecting.hpp"
#include "adapters/connection_errors.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"
#include "pgtide/query.hpp"

namespace pgtide::adapters {
namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

constexpr std::chrono::milliseconds usual_timeout{10000};
constexpr std::chrono::milliseconds between_attempts{250};

// libpq's own parameter in a URL, in seconds.
std::optional<std::chrono::milliseconds> timeout_in(const std::string& conninfo) {
  const std::unique_ptr<PQconninfoOption, OptionsDeleter> parsed(
      PQconninfoParse(conninfo.c_str(), nullptr));
  for (const auto* option = parsed.get(); option != nullptr && option->keyword; ++option) {
    const bool is_meant = option->keyword == std::string_view("connect_timeout");
    if (!is_meant || option->val == nullptr) continue;
    return std::chrono::seconds(std::max(std::atoi(option->val), 0));
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> asked_timeout(const ConnectOptions& options) {
  const auto in_url = timeout_in(options.conninfo);
  return in_url ? in_url : options.connect_timeout;
}

// Every host gets the whole of `limit`; 0: no limit.
std::variant<Connection, Refusal> connect_to_one_of(const std::vector<std::string>& hosts,
                                                    std::chrono::milliseconds limit,
                                                    const ConnectOptions& options) {
  Refusal all;
  for (const std::string& host : hosts) {
    Patience patience{.interrupt = options.interrupt};
    if (limit.count() > 0) patience.deadline = std::chrono::steady_clock::now() + limit;
    auto tried = connect_once(host, patience, options.on_notice);
    if (std::holds_alternative<Connection>(tried)) return tried;
    const Refusal& refusal = std::get<Refusal>(tried);
    all.reason += (all.reason.empty() ? "" : "\n") + refusal.reason;
    if (!refusal.sqlstate.empty()) all.sqlstate = refusal.sqlstate;
  }
  return all;
}

}  // namespace

std::string quoted_value(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string complete_conninfo(const ConnectOptions& options) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, OptionsDeleter> parsed(
      PQconninfoParse(options.conninfo.c_str(), &why));
  if (parsed == nullptr) {
    PQfreemem(why);  // it may repeat the string, password and all
    throw Error(ErrorKind::config, "the connection string cannot be understood",
                "write it as postgresql://user@host:5432/database");
  }
  std::map<std::string, std::string> values = {
      {"fallback_application_name", options.application_name},
      {"client_encoding", "UTF8"},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      // Keepalives rest while something that was sent is not acknowledged.
      {"tcp_user_timeout", "60000"}};
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    // Scripts are UTF-8 whatever the URL says.
    if (option->val != nullptr && std::string_view(option->keyword) != "client_encoding") {
      values[option->keyword] = option->val;
    }
  }
  std::string text;
  for (const auto& [key, value] : values) text += key + "=" + quoted_value(value) + " ";
  return text;
}

std::chrono::milliseconds connect_timeout_of(const ConnectOptions& options) {
  return asked_timeout(options).value_or(usual_timeout);
}

Connection connect(const ConnectOptions& options) {
  using Clock = std::chrono::steady_clock;
  const bool waits_for_absent = asked_timeout(options).has_value();
  const std::chrono::milliseconds limit = connect_timeout_of(options);
  const std::vector<std::string> hosts = each_host(complete_conninfo(options));
  const auto began = Clock::now();
  while (true) {
    const auto gone = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - began);
    auto tried = connect_to_one_of(hosts, limit.count() > 0 ? limit - gone : limit, options);
    if (auto* connection = std::get_if<Connection>(&tried)) return std::move(*connection);
    const Refusal& refusal = std::get<Refusal>(tried);
    const bool may_come = is_starting(refusal) || (waits_for_absent && is_absent(refusal));
    if (!may_come || Clock::now() - began + between_attempts >= limit) {
      throw_connection_error(refusal);
    }
    Patience{.interrupt = options.interrupt}.pause(between_attempts);
  }
}

bool end_session(PGconn* connection, const Backend& backend, std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + patience;
  const auto if_known = [](const char* column, const std::string& microseconds) {
    return microseconds.empty()
               ? std::string()
               : fmt::format(
                     " AND (pg_catalog.date_part('epoch', {}) * 1000000)::bigint = {}::bigint",
                     column, quote_literal(microseconds));
  };
  // As the login role: its default role may neither see nor end its sessions.
  const std::string sql = under_own_settings(fmt::format(
      "SET LOCAL ROLE NONE; SELECT pg_catalog.pg_terminate_backend(pid) FROM "
      "pg_catalog.pg_stat_activity WHERE pid = {} "
      "AND usename = session_user AND pid <> pg_catalog.pg_backend_pid(){}{}{}",
      backend.pid, if_known("xact_start", backend.transaction_began),
      if_known("backend_start", backend.session_began),
      backend.is_shared ? " AND application_name = pg_catalog.current_setting('application_name')"
                        : ""));
  do {
    const std::unique_ptr<PGresult, ResultDeleter> left(PQexec(connection, sql.c_str()));
    if (PQresultStatus(left.get()) != PGRES_TUPLES_OK) {
      throw Error(ErrorKind::environment,
                  "cannot look for the lost session: " + reason_of(connection));
    }
    if (PQntuples(left.get()) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  } while (Clock::now() < deadline);
  return false;
}

bool is_lost(PGconn* connection) {
  return PQconsumeInput(connection) != 1 || PQstatus(connection) == CONNECTION_BAD;
}

std::string reason_of(const PGconn* connection) {
  constexpr std::string_view severity = "FATAL:  ";
  std::string reason = PQerrorMessage(connection);
  if (reason.starts_with(severity)) reason.erase(0, severity.size());
  return redact(without_line_end(reason.substr(0, reason.find('\n'))));
}

}  // namespace pgtide::adapters
