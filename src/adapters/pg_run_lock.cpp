#include "adapters/pg_run_lock.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <utility>

#include "adapters/cancel.hpp"
#include "adapters/pg_session.hpp"
#include "adapters/pooler.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::adapters {
namespace {

using std::chrono::milliseconds;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// A pooler that has no session free must not keep the run from seeing what becomes of its
// statement.
constexpr milliseconds watch_patience{200};
constexpr milliseconds interrupt_slice{100};

// What the server knows of who holds an advisory lock; pg_locks shows a bigint key as two halves.
// {0}: the key.
constexpr const char* holders_sql =
    R"(SELECT l.pid, a.application_name, a.usename, coalesce(a.client_hostname, host(a.client_addr), '') AS client,
    coalesce(m.state, a.state) AS state, date_trunc('second', clock_timestamp() - a.backend_start)::text AS age,
    left(CASE WHEN m.state = 'active' THEN m.query WHEN a.query NOT LIKE '/* pgtide %' THEN a.query END, 200) AS query,
    coalesce(substring(a.query FROM '^/[*] pgtide run ([0-9a-f-]{{36}}) '), '') AS run, a.wait_event
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_catalog.pg_stat_activity m
      ON m.pid = CAST(substring(a.query FROM '^/[*] pgtide run [0-9a-f-]+ migrates in pid ([0-9]{{1,9}})') AS integer)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND l.classid = ('{0}'::bigint >> 32 & 4294967295)::oid AND l.objid = ('{0}'::bigint & 4294967295)::oid)";

// Tries, and if somebody else holds the lock, says who. {0}: who holds it; {1}: the attempt; {2}:
// what is done with it; {3}: the backend to try on, NULL for any: the lock must not stay with a
// session that a pooler gives to others.
constexpr const char* try_sql = R"(WITH holder AS ({0}),
attempt AS (SELECT CASE WHEN pg_backend_pid() = coalesce({3}, pg_backend_pid()) THEN {1} END AS got)
SELECT attempt.got, CASE WHEN attempt.got THEN {2} END, h.pid, h.application_name, h.usename, h.client, h.state, h.age, h.query, h.run
FROM attempt LEFT JOIN holder h ON true LIMIT 1)";

// A transaction, or a statement outside of one, that a run has left behind in the server when it
// died. Looked for once the lock is held: from then on nobody begins another one.
constexpr const char* left_behind_sql =
    R"(SELECT h.pid, h.application_name, h.usename, h.client,
  concat_ws(', ', 'left behind by a run that was stopped', h.state, 'waits for ' || h.wait_event), h.age, h.query, h.run
FROM ({}) h LIMIT 1)";

// A prepared transaction has pid 0 and no row in pg_stat_activity.
constexpr const char* blockers_sql =
    R"(SELECT b.pid, coalesce(a.application_name, CASE b.pid WHEN 0 THEN 'a prepared transaction' END), a.usename,
  coalesce(a.client_hostname, host(a.client_addr), ''), a.state,
  date_trunc('second', clock_timestamp() - coalesce(a.xact_start, a.backend_start))::text, left(a.query, 200)
FROM (SELECT DISTINCT pid FROM unnest(pg_blocking_pids({})) pid) b
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
ORDER BY a.xact_start LIMIT 5)";

// pg_stat_activity shows the text to everybody who waits: it tells which session migrates.
std::string commented(const std::string& label, const std::string& sql) {
  return fmt::format("/* pgtide {} */ {}", label, sql);
}

std::string quoted(std::int64_t key) {
  return fmt::format("'{}'::bigint", key);
}

std::string attempt_sql(const LockKeys& keys, const std::string& attempt, const std::string& then,
                        const std::string& backend) {
  return fmt::format(try_sql, fmt::format(holders_sql, keys.run), attempt, then, backend);
}

std::string sql_for_session(int server_version, const LockKeys& keys, int backend) {
  const std::string sql =
      attempt_sql(keys, "pg_try_advisory_lock(" + quoted(keys.run) + ")",
                  "pg_try_advisory_lock(" + quoted(keys.fence) + ")", std::to_string(backend));
  if (server_version < 140000) return sql;
  // The lock must outlast the longest migration; PostgreSQL 13 has no such limit.
  return fmt::format(
      "SELECT tried.*, set_config('idle_session_timeout', CASE WHEN tried.got IS NULL THEN "
      "current_setting('idle_session_timeout') ELSE '0' END, tried.got IS NULL) FROM ({}) tried",
      sql);
}

std::string sql_for_transaction(const LockKeys& keys) {
  return attempt_sql(keys, "pg_try_advisory_xact_lock(" + quoted(keys.run) + ")",
                     "pg_try_advisory_xact_lock(" + quoted(keys.fence) + ")", "NULL::integer");
}

// A try would keep the lock from the transaction of another runner for a moment.
std::string sql_to_look(const LockKeys& keys) {
  return attempt_sql(keys, "NOT EXISTS (SELECT FROM holder)", "true", "NULL::integer");
}

// No pooler's and no server's limit may end the transaction that holds the lock.
std::string keep_open(int server_version) {
  return server_version < 170000 ? "SET LOCAL idle_in_transaction_session_timeout = 0"
                                 : "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL "
                                   "transaction_timeout = 0";
}

[[noreturn]] void cannot_lock(const PGresult* result, PGconn* connection) {
  std::string why = redact(server_message(result).message);
  if (why.empty()) why = reason_of(connection);
  if (is_lost(connection)) {
    throw ports::ConnectionLost(
        ErrorKind::environment,
        fmt::format("the connection was lost before anything was run: {}", why));
  }
  throw Error(ErrorKind::environment,
              fmt::format("cannot take the run lock: {}; nothing was run", why));
}

void run(PGconn* connection, const std::string& sql) {
  const Result result(PQexec(connection, sql.c_str()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) cannot_lock(result.get(), connection);
}

// Of a message of several statements.
std::vector<Result> results_of(PGconn* connection, const std::string& message) {
  std::vector<Result> results;
  bool is_sent = PQsendQuery(connection, message.c_str()) == 1;
  while (is_sent) {
    Result result(PQgetResult(connection));
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      while (const Result rest{PQgetResult(connection)}) {
      }
      cannot_lock(result.get(), connection);
    }
    results.push_back(std::move(result));
  }
  if (results.empty()) cannot_lock(nullptr, connection);
  return results;
}

// The next thing the connection has to say; nullptr at the end, and when it is lost.
Result next_result(PGconn* connection, const ports::Interrupt& interrupt, Cancel& cancel) {
  while (PQisBusy(connection) != 0) {
    if (interrupt.signal() != 0) cancel.ask(connection);  // each time: an early one does nothing
    pollfd fd{PQsocket(connection), POLLIN, 0};
    const auto slice = static_cast<int>(interrupt_slice.count());
    if (poll(&fd, 1, slice) < 0 && errno != EINTR) return nullptr;
    if (fd.revents != 0 && PQconsumeInput(connection) != 1) return nullptr;
  }
  return Result(PQgetResult(connection));
}

std::int64_t random_key() {
  std::random_device device;
  const auto high = static_cast<std::uint64_t>(device()) << 32;
  return static_cast<std::int64_t>(high | device());
}

}  // namespace

std::string PgRunLock::label() const {
  return fmt::format("run {} migrates in pid {}", run_id_, migrating_pid_);
}

PGconn* PgRunLock::own() {
  if (!connection_) connection_ = connect(options_);
  return connection_.get();
}

void PgRunLock::release() {
  connection_.reset();
  watching_.reset();
  is_asked_ = false;
}

void PgRunLock::learn() {
  const milliseconds limit = connect_timeout_of(options_);
  const milliseconds patience = limit.count() > 0 ? limit : milliseconds(10000);
  const int backend = backend_of(migrating_, patience);
  if (backend == PQbackendPID(migrating_)) {
    pooling_ = Pooling::none;
    return;
  }
  pooling_ = pooling_of(migrating_, own(), patience);
  migrating_pid_ = backend;
  make_keys(database_behind(migrating_));
  if (pooling_ == Pooling::transaction) connection_.reset();
}

Pooling PgRunLock::pooling() {
  if (!pooling_) learn();
  return *pooling_;
}

std::string PgRunLock::direct_url() {
  return adapters::direct_url(migrating_);
}

void PgRunLock::make_keys(const std::string& database) {
  keys_ = {.run = names_.lock_key(database),
           .fence = random_key(),
           .transaction = names_.transaction_key(database)};
}

// One message, and so one round trip; its statements run one after the other, each with what it
// sees then.
PgRunLock::Attempt PgRunLock::attempt(PGconn* connection, const std::string& sql) {
  const std::string message = commented(
      label(),
      under_own_settings(
          sql + "; " + fmt::format(left_behind_sql, fmt::format(holders_sql, keys_->transaction))));
  const std::vector<Result> results = results_of(connection, message);
  const Result& tried = results.at(1);
  const auto holder = [](const Result& result, int first) {
    const auto text = [&](int column) {
      return std::string(PQgetvalue(result.get(), 0, first + column));
    };
    return ports::LockHolder{.pid = std::atoi(text(0).c_str()),
                             .application = text(1),
                             .user = text(2),
                             .client = text(3),
                             .state = text(4),
                             .age = text(5),
                             .query = redact(text(6)),
                             .run_id = text(7)};
  };
  if (PQgetisnull(tried.get(), 0, 0) != 0) return {};
  if (PQgetvalue(tried.get(), 0, 0) != std::string("t")) {
    return {.was_made = true, .holder = holder(tried, 2)};
  }
  const Result& left_behind = results.at(2);
  if (PQntuples(left_behind.get()) == 0) return {.was_made = true};
  return {.was_made = true, .holder = holder(left_behind, 0)};
}

std::optional<ports::LockHolder> PgRunLock::hold_transaction() {
  run(own(), "BEGIN");
  const auto holder = attempt(own(), sql_for_transaction(*keys_)).holder;
  // Either statement also ends the portal of the attempt, and with it the snapshot that
  // CREATE INDEX CONCURRENTLY would wait for.
  run(own(), commented(label(), holder ? "ROLLBACK" : keep_open(PQserverVersion(own()))));
  return holder;
}

std::optional<ports::LockHolder> PgRunLock::try_acquire() {
  if (pooling_ == Pooling::transaction) return attempt(migrating_, sql_to_look(*keys_)).holder;
  if (pooling_ == Pooling::session) return hold_transaction();
  if (!keys_) make_keys(PQdb(own()));
  const Attempt tried =
      attempt(own(), sql_for_session(PQserverVersion(own()), *keys_, PQbackendPID(own())));
  if (tried.was_made) return tried.holder;
  learn();  // only a pooler reports another backend than the one that answers
  if (pooling_ == Pooling::none) {
    throw Error(ErrorKind::environment,
                "cannot take the run lock: the session that should hold it goes through a pooler "
                "and the one that migrates does not; nothing was run",
                "connect to the server itself");
  }
  return try_acquire();
}

// Nobody else knows the second key, so it is free only when the session that holds both has ended;
// another runner that took the first key since then is noticed, too. Looking the holder up in
// pg_locks would cost the server ten times as much.
Query PgRunLock::fence() const {
  if (pooling_ == Pooling::transaction) {
    return {
        "SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock("
        "$1::pg_catalog.int8)::pg_catalog.int4",
        {std::to_string(keys_->run)}};
  }
  return {
      "SELECT 1 OPERATOR(pg_catalog./) (NOT pg_catalog.pg_try_advisory_xact_lock("
      "$1::pg_catalog.int8))::pg_catalog.int4",
      {std::to_string(keys_->fence)}};
}

// A pooler that has no session free answers late: then the answer is taken at the next call.
bool PgRunLock::has_asked_for_blockers() {
  Connection& from = is_shared() ? watching_ : connection_;
  if (!from) from = connect(options_);
  if (!is_asked_) {
    const std::string sql =
        commented(label(), under_own_settings(fmt::format(blockers_sql, migrating_pid_)));
    is_asked_ = PQsendQuery(from.get(), sql.c_str()) == 1;
  }
  const auto deadline = std::chrono::steady_clock::now() +
                        (is_shared() ? watch_patience : connect_timeout_of(options_));
  while (is_asked_ && PQisBusy(from.get()) != 0) {
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd fd{PQsocket(from.get()), POLLIN, 0};
    if (left <= 0 || poll(&fd, 1, static_cast<int>(left)) <= 0) return false;
    if (PQconsumeInput(from.get()) != 1) {
      is_asked_ = false;
      if (is_shared()) from.reset();
    }
  }
  return is_asked_;
}

std::vector<ports::LockHolder> PgRunLock::blockers() {
  // A pooler may end a transaction that is idle for long, and with it the lock.
  if (pooling_ == Pooling::session && connection_) {
    const std::string sql = commented(label(), "SET LOCAL lock_timeout = 0");
    const Result result(PQexec(connection_.get(), sql.c_str()));
  }
  try {
    if (!has_asked_for_blockers()) return {};
  } catch (const Error&) {
    return {};  // no second session to look from; the wait goes on without a name
  }
  is_asked_ = false;
  std::vector<ports::LockHolder> holders;
  bool is_answer = false;  // behind the settings
  while (const Result result{PQgetResult((is_shared() ? watching_ : connection_).get())}) {
    if (!std::exchange(is_answer, true)) continue;
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
                         .query = redact(text(6))});
    }
  }
  return holders;
}

bool PgRunLock::run_aside(const std::vector<std::string>& statements,
                          const ports::Interrupt& interrupt) {
  if (!can_run_aside() || is_asked_) return false;
  // Several statements in one message are one transaction.
  const std::string sql =
      commented(label(), under_own_settings(fmt::format("{}", fmt::join(statements, "; "))));
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) return false;
  const auto cancel = std::make_shared<Cancel>();
  bool returned_row = false;
  bool failed = false;
  PQsetNoticeReceiver(
      connection_.get(),
      [](void* told, const PGresult* notice) {
        *static_cast<bool*>(told) |= server_message(notice).severity == "WARNING";
      },
      &failed);
  while (const Result result = next_result(connection_.get(), interrupt, *cancel)) {
    returned_row = PQntuples(result.get()) > 0;  // of the last one
    failed |= PQresultStatus(result.get()) == PGRES_FATAL_ERROR;
  }
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  return returned_row && !failed && PQstatus(connection_.get()) == CONNECTION_OK;
}

}  // namespace pgtide::adapters
