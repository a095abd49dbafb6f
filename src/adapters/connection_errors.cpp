#include "adapters/connection_errors.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>
#include <utility>
#include <vector>

#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

using Hints = std::vector<std::pair<std::string_view, std::string_view>>;

// Servers speak many languages, so their words do not count, but for what one code leaves open.
const Hints& hints_of_servers() {
  static const Hints hints = {
      {"28P01", "check user and password of the URL"},
      {"28000",
       "is the user of the URL right, may it log in (ALTER ROLE … LOGIN), and does the server's "
       "pg_hba.conf have a line for it from here?"},
      {"3D000", "create the database first, for example with createdb"},
      {"42501", "GRANT CONNECT ON DATABASE … TO this role"},
      {"53300",
       "no connection is left for this role, for this database or on the server, and `up` needs "
       "two: end idle ones, or raise the limit"},
      {"55000", "ALTER DATABASE … ALLOW_CONNECTIONS true lets sessions in again"},
      {"57P03",
       "the server is starting or stopping; try again in a moment, or wait longer with "
       "--connect-timeout"},
  };
  return hints;
}

constexpr std::string_view wants_encryption =
    "the server wants encrypted connections: sslmode=verify-full in the URL";

// Of libpq, of poolers, which have hardly any codes, and of what stands behind 28000.
const Hints& hints_by_words() {
  static const Hints hints = {
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
      {"no encryption", wants_encryption},
      {", SSL off", wants_encryption},
      {"no pg_hba.conf entry", "the server's pg_hba.conf does not let this user in from here"},
      {"no password supplied", "put the password into the URL, PGPASSWORD or ~/.pgpass"},
      {"could not translate host name", "check the host of the URL"},
      {"Connection refused", "is the server running, and are host and port right?"},
      {"No such file or directory", "is the server running, and are host and port right?"},
      {"timeout expired",
       "is the host right, and reachable from here? connect_timeout sets how long to try"},
      {"no query was answered",
       "the server is stopped or has too much to do, or a pooler before it has no session of the "
       "server free: in session mode pgtide needs two (default_pool_size, or pool_size)"},
      {"unsupported startup parameter",
       "the pooler takes no such parameter: leave `options` out of the URL and PGOPTIONS, or name "
       "it in the pooler's ignore_startup_parameters"},
  };
  return hints;
}

std::string hint_for(const Refusal& refusal) {
  const auto& servers = hints_of_servers();
  const auto known = std::ranges::find(servers, refusal.sqlstate,
                                       [](const auto& row) { return std::string(row.first); });
  if (known == servers.end() || refusal.sqlstate == "28000") {
    for (const auto& [words, hint] : hints_by_words()) {
      if (refusal.reason.find(words) != std::string::npos) return std::string(hint);
    }
  }
  return known == servers.end() ? "check the connection string" : std::string(known->second);
}

std::string without_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

Refusal refusal_of(const std::string& verbose) {
  static const std::regex code(":  ([0-9A-Z]{5}): ");
  static const std::regex location("\nLOCATION:  [^\n]*");
  Refusal refusal;
  for (std::sregex_iterator at(verbose.begin(), verbose.end(), code), end; at != end; ++at) {
    refusal.sqlstate = (*at)[1];
  }
  refusal.reason =
      without_end(std::regex_replace(std::regex_replace(verbose, code, ":  "), location, ""));
  return refusal;
}

bool is_starting(const Refusal& refusal) {
  return refusal.sqlstate == "57P03";
}

bool is_absent(const Refusal& refusal) {
  constexpr std::array<std::string_view, 5> words = {
      "Connection refused", "No such file or directory", "could not translate host name",
      // What forwards a port may be there before the server is.
      "server closed the connection unexpectedly", "Connection reset by peer"};
  return refusal.sqlstate.empty() && std::ranges::any_of(words, [&](std::string_view word) {
           return refusal.reason.find(word) != std::string::npos;
         });
}

void throw_connection_error(const Refusal& refusal) {
  const std::string shown = redact(refusal.reason);
  throw Error(ErrorKind::environment, "cannot connect: " + shown,
              hint_for({shown, refusal.sqlstate}))
      .with_sqlstate(refusal.sqlstate);
}

}  // namespace pgtide::adapters
