#include "adapters/health_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "adapters/pg_session.hpp"
#include "adapters/pooler.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

using std::chrono::milliseconds;

std::optional<milliseconds> span(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return milliseconds(std::stoll(text));
}

std::string ms_since(const char* column) {
  return fmt::format("(extract(epoch FROM pg_catalog.clock_timestamp() - {}) * 1000)::bigint",
                     column);
}

// What a session is told by, the same for every question about sessions.
std::string session_columns() {
  return fmt::format(
      "a.pid, a.usename, a.application_name, coalesce(a.client_hostname, host(a.client_addr), ''), "
      "a.state, left(a.query, 2000), a.query = '<insufficient privilege>', {}, {}",
      ms_since("a.query_start"), ms_since("a.state_change"));
}

// Tables of PostgreSQL's own and of other sessions do not count.
constexpr const char* ordinary_schema =
    "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(catalog|toast|temp)'";

}  // namespace

class HealthReader::Answer {
 public:
  explicit Answer(Result result) : result_(std::move(result)) {}
  int rows() const { return PQntuples(result_.get()); }
  std::string text(int row, int column) const { return PQgetvalue(result_.get(), row, column); }
  std::int64_t number(int row, int column) const {
    const std::string value = text(row, column);
    return value.empty() ? 0 : std::stoll(value);
  }
  bool yes(int row, int column) const { return text(row, column) == "t"; }
  bool known(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 0; }

  SessionFact session(int row) const {
    return {.pid = static_cast<int>(number(row, 0)),
            .user = text(row, 1),
            .application = text(row, 2),
            .client = text(row, 3),
            .state = text(row, 4),
            .query = yes(row, 6) ? std::string() : redact(text(row, 5)),
            .hidden = yes(row, 6),
            .statement_age = span(text(row, 7)),
            .state_age = span(text(row, 8)),
            .blocked_by = {}};
  }

 private:
  Result result_;
};

HealthReader::HealthReader(const ConnectOptions& options, LedgerNames names, std::string role,
                           std::chrono::steady_clock::time_point deadline)
    : options_(options),
      connection_(connect(options)),
      names_(std::move(names)),
      role_(std::move(role)),
      deadline_(deadline) {}

// The server ends what takes longer than its own limit; one that does not is not waited for.
HealthReader::Answer HealthReader::ask(const std::string& sql,
                                       const std::vector<std::string>& values) {
  PGconn* const server = connection_.get();
  AnswerLimit limit(server, std::min(std::chrono::steady_clock::now() + longest_answer, deadline_));
  const std::string begin = "BEGIN READ ONLY; " + under_own_settings(
                                                      "SET LOCAL lock_timeout = '2s'; "
                                                      "SET LOCAL statement_timeout = '5s'");
  const Result limits(PQexec(server, begin.c_str()));
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  Result result(PQexecParams(server, sql.c_str(), static_cast<int>(values.size()), nullptr,
                             pointers.data(), nullptr, nullptr, 0));
  const bool answered = PQresultStatus(result.get()) == PGRES_TUPLES_OK;
  const ports::ServerMessage why = server_message(result.get());
  const std::string lost = PQerrorMessage(server);
  const Result end(PQexec(server, "ROLLBACK"));
  if (answered) return Answer(std::move(result));
  if (limit.is_over()) {
    throw Error(ErrorKind::environment, "the server gave no answer within the time",
                "is it stopped, or does it have too much to do?");
  }
  const bool forbidden = why.sqlstate == "42501";
  throw Error(
      ErrorKind::environment, redact(why.message.empty() ? lost : why.message),
      forbidden ? "try as a role that has pg_monitor, and pg_signal_backend to end sessions" : "")
      .with_sqlstate(why.sqlstate);
}

template <typename Function>
void HealthReader::look(HealthFacts& facts, const char* section, Function function) {
  try {
    (this->*function)(facts);
  } catch (const Error& error) {
    facts.unseen.push_back({section, error.what()});
  }
}

void HealthReader::read(HealthFacts& facts) {
  look(facts, "connection", &HealthReader::read_server);
  look(facts, "connection", &HealthReader::read_pooling);
  look(facts, "privileges", &HealthReader::read_privileges);
  look(facts, "lock_waits", &HealthReader::read_sessions);
  look(facts, "indexes", &HealthReader::read_indexes);
  look(facts, "run", &HealthReader::read_run);
  look(facts, "replication", &HealthReader::read_replication);
  look(facts, "replication", &HealthReader::read_slots);
  look(facts, "disk", &HealthReader::read_disk);
}

void HealthReader::read_server(HealthFacts& facts) {
  const Answer answer = ask(
      "SELECT current_database(), session_user, current_setting('server_version'), "
      "current_setting('server_version_num'), pg_catalog.pg_is_in_recovery(), "
      "current_setting('default_transaction_read_only')::boolean, pg_catalog.pg_backend_pid(), "
      "(SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'), "
      "current_setting('max_connections')::bigint");
  PGconn* const server = connection_.get();
  const char* host = PQhost(server);
  facts.server = {
      .database = answer.text(0, 0),
      .user = answer.text(0, 1),
      .version = answer.text(0, 2),
      .version_num = static_cast<int>(answer.number(0, 3)),
      .in_recovery = answer.yes(0, 4),
      .is_read_only = answer.yes(0, 5),
      .is_encrypted = PQsslInUse(server) == 1,
      .is_local = host != nullptr && *host == '/',
      .pooling = answer.number(0, 6) == PQbackendPID(server) ? Pooling::none : Pooling::session,
      .sessions = answer.number(0, 7),
      .most_sessions = answer.number(0, 8)};
}

// Which kind it is shows only with a second connection.
void HealthReader::read_pooling(HealthFacts& facts) {
  if (!facts.server || facts.server->pooling == Pooling::none) return;
  facts.server->direct_url = direct_url(connection_.get());
  const Connection other = connect(options_);
  facts.server->pooling = pooling_of(connection_.get(), other.get(), std::chrono::seconds(5));
}

void HealthReader::read_privileges(HealthFacts& facts) {
  const Answer answer = ask(
      R"(SELECT r.rolsuper, pg_has_role('pg_read_all_stats', 'USAGE'),
  has_database_privilege(current_database(), 'CREATE'), has_database_privilege(current_database(), 'TEMPORARY'),
  (SELECT has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE')
   FROM pg_catalog.pg_namespace n WHERE n.nspname = $1),
  (SELECT bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname IN ($2, $3) AND c.relkind IN ('r', 'p')),
  (SELECT bool_and(has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE'))
   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname IN ($2, $3) AND c.relkind IN ('r', 'p')),
  $4 = '' OR coalesce((SELECT pg_has_role(s.oid, 'MEMBER') FROM pg_catalog.pg_roles s WHERE s.rolname = $4), false)
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)",
      {names_.schema, names_.table, names_.log(), role_});
  PrivilegeFacts found{.is_superuser = answer.yes(0, 0),
                       .may_see_all_sessions = answer.yes(0, 0) || answer.yes(0, 1),
                       .may_make_schemas = answer.yes(0, 2),
                       .may_make_temporary_tables = answer.yes(0, 3),
                       .may_use_role = answer.yes(0, 7)};
  if (answer.known(0, 5)) {
    found.may_read_ledger = answer.yes(0, 5);
    found.may_write_ledger = answer.yes(0, 6);
  } else {
    found.may_make_ledger = answer.known(0, 4) ? answer.yes(0, 4) : found.may_make_schemas;
  }
  facts.privileges = found;
}

void HealthReader::read_sessions(HealthFacts& facts) {
  // pg_blocking_pids takes every lock manager's lock for a moment, so only waiters are asked about.
  const Answer answer = ask(fmt::format(
      R"(WITH waiter AS MATERIALIZED (
  SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid) AS by
  FROM (SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted AND pid IS NOT NULL) w)
SELECT {}, pg_catalog.array_to_string(waiter.by, ' ')
FROM pg_catalog.pg_stat_activity a LEFT JOIN waiter ON waiter.pid = a.pid
WHERE a.pid <> pg_catalog.pg_backend_pid() AND (a.datname = current_database() OR waiter.pid IS NOT NULL
  OR EXISTS (SELECT FROM waiter w WHERE a.pid = ANY (w.by)))
ORDER BY a.backend_start, a.pid)",
      session_columns()));
  std::vector<SessionFact> sessions;
  for (int row = 0; row < answer.rows(); ++row) {
    SessionFact& session = sessions.emplace_back(answer.session(row));
    std::istringstream pids(answer.text(row, 9));
    for (int pid = 0; pids >> pid;) session.blocked_by.push_back(pid);
  }
  facts.sessions = std::move(sessions);
}

void HealthReader::read_indexes(HealthFacts& facts) {
  const Answer answer = ask(fmt::format(
      R"(SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', tn.nspname, t.relname),
  EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    OR NOT pg_has_role('pg_read_all_stats', 'USAGE') AND EXISTS (SELECT FROM pg_catalog.pg_locks l
      WHERE l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())),
  c.relkind = 'I'
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE NOT i.indisvalid AND {} ORDER BY 1)",
      ordinary_schema));
  std::vector<InvalidIndexFact> indexes;
  for (int row = 0; row < answer.rows(); ++row) {
    indexes.push_back({.index = answer.text(row, 0),
                       .table = answer.text(row, 1),
                       .is_being_built = answer.yes(row, 2),
                       .is_partitioned = answer.yes(row, 3)});
  }
  facts.invalid_indexes = std::move(indexes);
}

void HealthReader::read_run(HealthFacts& facts) {
  // A pooler may have another name for the database.
  const std::string database = facts.server ? facts.server->database : PQdb(connection_.get());
  const Answer answer = ask(
      // The run lock, or what outlives it.
      R"(SELECT l.pid FROM (VALUES (1, $1::bigint), (2, $2::bigint)) k (rank, key) JOIN pg_catalog.pg_locks l
  ON l.classid = (k.key >> 32 & 4294967295)::oid AND l.objid = (k.key & 4294967295)::oid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
ORDER BY k.rank LIMIT 1)",
      {std::to_string(names_.lock_key(database)),
       std::to_string(names_.transaction_key(database))});
  facts.run_pid = answer.rows() > 0 ? static_cast<int>(answer.number(0, 0)) : 0;
}

void HealthReader::read_replication(HealthFacts& facts) {
  const Answer delay = ask(fmt::format(
      "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() AND pg_catalog.pg_last_wal_receive_lsn() IS "
      "DISTINCT FROM pg_catalog.pg_last_wal_replay_lsn() THEN {} END",
      ms_since("pg_catalog.pg_last_xact_replay_timestamp()")));
  facts.replay_delay = span(delay.text(0, 0));
  const Answer answer = ask(
      R"(SELECT application_name, coalesce(host(client_addr), ''), state, (extract(epoch FROM replay_lag) * 1000)::bigint,
  CASE WHEN NOT pg_catalog.pg_is_in_recovery()
    THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint END
FROM pg_catalog.pg_stat_replication ORDER BY 1, 2)");
  std::vector<ReplicaFact> replicas;
  for (int row = 0; row < answer.rows(); ++row) {
    ReplicaFact& replica = replicas.emplace_back();
    replica.name = answer.text(row, 0);
    replica.client = answer.text(row, 1);
    replica.state = answer.text(row, 2);
    replica.lag = span(answer.text(row, 3));
    if (answer.known(row, 4)) replica.lag_bytes = answer.number(row, 4);
  }
  facts.replicas = std::move(replicas);
}

void HealthReader::read_slots(HealthFacts& facts) {
  const Answer answer = ask(
      R"(SELECT slot_name, pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery()
    THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn)::bigint
FROM pg_catalog.pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY 1)");
  std::vector<SlotFact> slots;
  for (int row = 0; row < answer.rows(); ++row) {
    slots.push_back({.name = answer.text(row, 0), .retained_bytes = answer.number(row, 1)});
  }
  facts.idle_slots = std::move(slots);
}

void HealthReader::read_disk(HealthFacts& facts) {
  DiskFacts disk;
  disk.database_bytes = ask("SELECT pg_catalog.pg_database_size(current_database())").number(0, 0);
  const Answer spaces = ask(
      R"(SELECT spcname, pg_catalog.pg_tablespace_size(oid) FROM pg_catalog.pg_tablespace
WHERE pg_has_role('pg_read_all_stats', 'USAGE') OR has_tablespace_privilege(oid, 'CREATE') ORDER BY 1)");
  for (int row = 0; row < spaces.rows(); ++row) {
    disk.tablespaces.push_back({.name = spaces.text(row, 0), .bytes = spaces.number(row, 1)});
  }
  const Answer place = ask(
      "SELECT current_setting('data_directory', true) WHERE pg_has_role('pg_read_all_settings', "
      "'USAGE')");
  const char* host = PQhost(connection_.get());
  if (place.rows() > 0 && host != nullptr && *host == '/') {
    std::error_code error;  // a container's socket may lead to a directory that is not here
    const auto space = std::filesystem::space(place.text(0, 0), error);
    if (!error) {
      disk.free_bytes = static_cast<std::int64_t>(space.available);
      disk.total_bytes = static_cast<std::int64_t>(space.capacity);
    }
  }
  facts.disk = std::move(disk);
}

std::optional<HealthReader::Target> HealthReader::find(int pid) {
  const Answer answer = ask(
      fmt::format("SELECT {}, a.backend_type, coalesce(a.backend_start::text, ''), a.pid = "
                  "pg_catalog.pg_backend_pid() FROM pg_catalog.pg_stat_activity a WHERE a.pid = "
                  "$1::integer",
                  session_columns()),
      {std::to_string(pid)});
  if (answer.rows() == 0) return std::nullopt;
  return Target{.session = answer.session(0),
                .kind = answer.text(0, 9),
                .begun = answer.text(0, 10),
                .is_own = answer.yes(0, 11)};
}

bool HealthReader::terminate(const Target& target) {
  const Answer answer =
      ask("SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid "
          "= $1::integer AND coalesce(backend_start::text, '') = $2",
          {std::to_string(target.session.pid), target.begun});
  return answer.rows() > 0 && answer.yes(0, 0);
}

}  // namespace pgtide::adapters
