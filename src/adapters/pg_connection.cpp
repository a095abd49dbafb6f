#include "adapters/pg_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

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

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string hint_for(const std::string& reason) {
  static const std::vector<std::pair<std::string_view, std::string_view>> hints = {
      {"certificate verify failed",
       "the server's certificate has expired, or sslrootcert (~/.postgresql/root.crt) does not "
       "hold the authority that signed it; `openssl s_client -starttls postgres -connect "
       "HOST:PORT -CAfile ROOT.CRT </dev/null` tells which"},
      {"does not match host name",
       "connect by a name that the certificate holds; hostaddr=… in the URL says where the "
       "server is when no name server knows it"},
      {"root certificate file",
       "sslrootcert (or PGSSLROOTCERT, or ~/.postgresql/root.crt) names the file with the "
       "certificate of the authority that signed the server's"},
      {"does not support SSL",
       "switch `ssl` on in the server's configuration; sslmode=prefer goes on without encryption "
       "where there is none"},
      {"valid client certificate", "name one with sslcert and sslkey in the URL"},
      {"no encryption", "the server wants encrypted connections: sslmode=verify-full in the URL"},
      {", SSL off", "the server wants encrypted connections: sslmode=verify-full in the URL"},
      {"no pg_hba.conf entry", "the server's pg_hba.conf does not let this user in from here"},
      {"password authentication failed", "check user and password of the URL"},
      {"no password supplied", "put the password into the URL, PGPASSWORD or ~/.pgpass"},
      {"database \"", "create the database first, for example with createdb"},
      {"role \"", "check the user of the URL"},
      {"could not translate host name", "check the host of the URL"},
      {"Connection refused", "is the server running, and are host and port right?"},
      {"No such file or directory", "is the server running, and are host and port right?"},
      {"timeout expired",
       "is the host right, and reachable from here? connect_timeout sets how long to try"},
      {"too many clients", "the server has no connection left; try again, or end idle ones"},
      {"unsupported startup parameter",
       "the pooler takes no such parameter: leave `options` out of the URL and PGOPTIONS, or name "
       "it "
       "in the pooler's ignore_startup_parameters"},
      {"starting up", "the server is starting; try again in a moment"},
  };
  for (const auto& [words, hint] : hints) {
    if (reason.find(words) != std::string::npos) return std::string(hint);
  }
  return "check the connection string";
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
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.connect_timeout).count();
  std::map<std::string, std::string> values = {
      {"fallback_application_name", options.application_name},
      {"client_encoding", "UTF8"},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      // Keepalives rest while something that was sent is not acknowledged.
      {"tcp_user_timeout", "60000"}};
  if (options.connect_timeout.count() > 0) {
    values["connect_timeout"] = std::to_string(std::max<long long>(seconds, 2));  // libpq's least
  }
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

Connection connect(const ConnectOptions& options) {
  Connection connection(PQconnectdb(complete_conninfo(options).c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw_connection_error(PQerrorMessage(connection.get()));
  }
  // libpq would print notices to standard error.
  PQsetNoticeReceiver(
      connection.get(), [](void*, const PGresult*) {}, nullptr);
  return connection;
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
  return redact(trimmed(reason.substr(0, reason.find('\n'))));
}

void throw_connection_error(const std::string& reason) {
  const std::string shown = redact(trimmed(reason));
  throw Error(ErrorKind::environment, "cannot connect: " + shown, hint_for(shown));
}

}  // namespace pgtide::adapters
