#include "adapters/pg_run_lock.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <random>

#include "adapters/pg_session.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// One round trip: tries, and if somebody else holds the lock, says who. pg_locks shows a bigint key
// as two halves.
constexpr const char* try_sql =
    R"(WITH attempt AS (SELECT pg_catalog.pg_try_advisory_lock($1::bigint) AS got),
holder AS (
  SELECT l.pid, a.application_name, a.usename, coalesce(a.client_hostname, host(a.client_addr), '') AS client,
    coalesce(m.state, a.state) AS state, date_trunc('second', pg_catalog.clock_timestamp() - a.backend_start)::text AS age,
    left(CASE WHEN m.state = 'active' THEN m.query WHEN a.query NOT LIKE '/* pgtide %' THEN a.query END, 200) AS query
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_catalog.pg_stat_activity m
      ON m.pid = CAST(substring(a.query FROM '^/[*] pgtide migrates in pid ([0-9]{1,9})') AS integer)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_catalog.pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND l.classid = ($1::bigint >> 32 & 4294967295)::oid AND l.objid = ($1::bigint & 4294967295)::oid)
SELECT attempt.got, CASE WHEN attempt.got THEN pg_catalog.pg_try_advisory_lock($2::bigint) END, h.pid, h.application_name, h.usename, h.client, h.state, h.age, h.query
FROM attempt LEFT JOIN holder h ON true LIMIT 1)";

// A prepared transaction has pid 0 and no row in pg_stat_activity.
constexpr const char* blockers_sql =
    R"(SELECT b.pid, coalesce(a.application_name, CASE b.pid WHEN 0 THEN 'a prepared transaction' END), a.usename,
  coalesce(a.client_hostname, host(a.client_addr), ''), a.state,
  date_trunc('second', pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.backend_start))::text, left(a.query, 200)
FROM (SELECT DISTINCT pid FROM unnest(pg_catalog.pg_blocking_pids($1::integer)) pid) b
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
ORDER BY a.xact_start LIMIT 5)";

std::string sql_to_try(int server_version, int migrating_pid) {
  // pg_stat_activity shows the text to everybody who waits: it tells which session migrates.
  const std::string comment = fmt::format("/* pgtide migrates in pid {} */ ", migrating_pid);
  if (server_version < 140000) return comment + try_sql;
  // The lock must outlast the longest migration; PostgreSQL 13 has no such limit.
  return fmt::format(
      "{}SELECT tried.*, pg_catalog.set_config('idle_session_timeout', '0', false) FROM ({}) tried",
      comment, try_sql);
}

std::int64_t random_key() {
  std::random_device device;
  const auto high = static_cast<std::uint64_t>(device()) << 32;
  return static_cast<std::int64_t>(high | device());
}

}  // namespace

std::optional<ports::LockHolder> PgRunLock::try_acquire() {
  if (!connection_) {
    connection_ = connect(options_);
  }
  if (fence_key_ == 0) {
    key_ = names_.lock_key(PQdb(connection_.get()));
    fence_key_ = random_key();
  }
  const std::string key = std::to_string(key_);
  const std::string fence_key = std::to_string(fence_key_);
  const char* values[] = {key.c_str(), fence_key.c_str()};
  const std::string sql = sql_to_try(PQserverVersion(connection_.get()), migrating_pid_);
  const Result result(
      PQexecParams(connection_.get(), sql.c_str(), 2, nullptr, values, nullptr, nullptr, 0));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    throw Error(ErrorKind::environment,
                "cannot take the run lock: " + redact(server_message(result.get()).message) +
                    "; nothing was run");
  }
  const auto text = [&](int column) { return std::string(PQgetvalue(result.get(), 0, column)); };
  if (text(0) == "t") return std::nullopt;
  return ports::LockHolder{.pid = std::atoi(text(2).c_str()),
                           .application = text(3),
                           .user = text(4),
                           .client = text(5),
                           .state = text(6),
                           .age = text(7),
                           .query = text(8)};
}

// Nobody else knows the second key, so it is free only when the session that holds both has ended;
// another runner that took the first key since then is noticed, too. Looking the holder up in
// pg_locks would cost the server ten times as much.
Query PgRunLock::fence() const {
  return {"SELECT 1 / (NOT pg_catalog.pg_try_advisory_xact_lock($1::bigint))::integer",
          {std::to_string(fence_key_)}};
}

std::vector<ports::LockHolder> PgRunLock::blockers() {
  try {
    if (!connection_) connection_ = connect(options_);
  } catch (const Error&) {
    return {};  // no second session to look from; the wait goes on without a name
  }
  const std::string pid = std::to_string(migrating_pid_);
  const char* values[] = {pid.c_str()};
  const Result result(
      PQexecParams(connection_.get(), blockers_sql, 1, nullptr, values, nullptr, nullptr, 0));
  std::vector<ports::LockHolder> holders;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    const auto text = [&](int column) {
      return std::string(PQgetvalue(result.get(), row, column));
    };
    holders.push_back({.pid = std::atoi(text(0).c_str()),
                       .application = text(1),
                       .user = text(2),
                       .client = text(3),
                       .state = text(4),
                       .age = text(5),
                       .query = text(6)});
  }
  return holders;
}

}  // namespace pgtide::adapters
