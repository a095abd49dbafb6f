#include "adapters/pooler.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/pg_connection.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

constexpr milliseconds usual_patience{10000};

[[noreturn]] void cannot_tell(PGconn* connection) {
  throw Error(
      ErrorKind::environment,
      "cannot tell which kind of pooler stands before the server: " + reason_of(connection));
}

void wait_for_answer(PGconn* connection, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (PQisBusy(connection) != 0) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      throw Error(ErrorKind::environment, "the pooler has no session of the server free",
                  "in session mode pgtide needs two; raise default_pool_size (or pool_size), or "
                  "connect to the server itself");
    }
    pollfd fd{PQsocket(connection), POLLIN, 0};
    poll(&fd, 1, static_cast<int>(left));
    if (PQconsumeInput(connection) != 1) cannot_tell(connection);
  }
}

// The columns of one row.
std::vector<std::string> ask(PGconn* connection, const char* sql, milliseconds patience) {
  if (PQsendQuery(connection, sql) != 1) cannot_tell(connection);
  wait_for_answer(connection, patience);
  const Result result(PQgetResult(connection));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) cannot_tell(connection);
  std::vector<std::string> columns;
  for (int i = 0; i < PQnfields(result.get()); ++i) {
    columns.emplace_back(PQgetvalue(result.get(), 0, i));
  }
  while (const Result rest{PQgetResult(connection)}) {
  }
  return columns;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

struct Place {
  std::string host;
  std::string port;
};

// Neon and Supabase name their poolers so that the way past them is known.
Place place_behind(const Place& pooler, const Place& server) {
  const std::string_view host = pooler.host;
  const std::size_t mark = host.find("-pooler.");
  if (mark != std::string_view::npos && host.ends_with(".neon.tech")) {
    return {std::string(host.substr(0, mark)) + std::string(host.substr(mark + 7)), "5432"};
  }
  if (host.ends_with(".pooler.supabase.com")) return {pooler.host, "5432"};
  if (!server.host.empty()) return server;
  // It reaches the server through a Unix socket, so the two are on one machine.
  const bool is_local = host.empty() || host.starts_with("/");
  return {is_local ? "HOST" : pooler.host, server.port};
}

}  // namespace

int backend_of(PGconn* connection, milliseconds patience) {
  return std::atoi(ask(connection, "SELECT pg_catalog.pg_backend_pid()", patience).at(0).c_str());
}

// A pooler that shares sessions hands out the one that was used last, which `a` and `b` then have
// in common, or the one that was used longest ago, so that `a` does not get its own again. Where
// many use it at the same time both may be missed by chance; so it is asked more than once.
Pooling pooling_of(PGconn* a, PGconn* b, milliseconds patience) {
  constexpr int rounds = 8;
  const int first = backend_of(a, patience);
  if (first == PQbackendPID(a)) return Pooling::none;
  const int other = backend_of(b, patience);
  for (int round = 0; round < rounds; ++round) {
    if (first == other || backend_of(a, patience) != first) return Pooling::transaction;
    if (round % 2 == 0 && backend_of(b, patience) != other) return Pooling::transaction;
    std::this_thread::sleep_for(milliseconds(round));
  }
  return Pooling::session;
}

std::string database_behind(PGconn* connection) {
  return ask(connection, "SELECT pg_catalog.current_database()", usual_patience).at(0);
}

std::string direct_url(PGconn* connection) {
  const auto found = ask(connection,
                         "SELECT coalesce(pg_catalog.host(pg_catalog.inet_server_addr()), ''), "
                         "pg_catalog.current_setting('port'), pg_catalog.current_database()",
                         usual_patience);
  const char* host = PQhost(connection);
  const Place place =
      place_behind({host == nullptr ? "" : host, PQport(connection)}, {found.at(0), found.at(1)});
  const bool is_ipv6 = place.host.find(':') != std::string::npos;
  return fmt::format("postgresql://{}@{}:{}/{}", encoded(PQuser(connection)),
                     is_ipv6 ? "[" + place.host + "]" : place.host, place.port,
                     encoded(found.at(2)));
}

void refuse_pooler(const std::string& what, const std::string& url) {
  throw Error(ErrorKind::environment, what, "connect to the server itself: --url '" + url + "'");
}

}  // namespace pgtide::adapters
