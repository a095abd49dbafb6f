#include "engine/ledger_writer.hpp"

#include <fmt/format.h>

#include "pgtide/checksum.hpp"
#include "pgtide/status.hpp"

namespace pgtide::engine {
namespace {

constexpr const char* elapsed_ms =
    "(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.now()) * "
    "1000)::integer";

// As is_applied() has it; `m` is the row. A NeuroQuest ledger may have no value for success.
constexpr const char* is_applied_sql = "m.success IS NOT FALSE AND m.rolled_back_at IS NULL";
constexpr const char* is_not_applied_sql = "(m.success IS FALSE OR m.rolled_back_at IS NOT NULL)";

Param milliseconds(std::optional<std::int64_t> value) {
  return value ? Param(std::to_string(*value)) : Param();
}

// Made here, because the server's random generator costs it more than the rest of the row.
std::string row_id(const std::string& run_id, const std::string& version) {
  std::string id = sha256_hex(run_id + version).substr(0, 32);
  id[12] = '8';  // RFC 9562: a UUID of a maker's own kind
  id[16] = 'a';
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) id.insert(dash, 1, '-');
  return id;
}

std::string detail_of(const FailedAt& at) {
  const std::string batches = at.batches ? fmt::format(R"(, "batches": {}, "rows": {})",
                                                       at.batches->batches, at.batches->rows)
                                         : "";
  return fmt::format(R"({{"statement": {}, "of": {}{}{}}})", at.number, at.of, batches,
                     at.refused ? R"(, "refused": true)" : "");
}

// Appends a parameter and returns its placeholder.
std::string placeholder(Query& query, Param value) {
  query.params.push_back(std::move(value));
  return fmt::format("${}", query.params.size());
}

}  // namespace

// What differs between the rows of the log; the rest is the same for every row of a run.
struct LedgerWriter::LogRow {
  std::string version;
  LogEvent event;
  Param direction = {};
  Param checksum = {};
  std::string duration = "NULL";  // an SQL expression
  std::optional<StoredScript> rollback = {};
  Param error = {};
  Param detail = {};
};

const char* LedgerWriter::while_applied_sql() const {
  return before_ == Before::as_planned ? is_applied_sql : "true";
}

const char* LedgerWriter::while_not_applied_sql() const {
  return before_ == Before::as_planned ? is_not_applied_sql : "true";
}

std::string LedgerWriter::now() const {
  return shape_.timestamps_have_zone ? "pg_catalog.clock_timestamp()"
                                     : "(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')";
}

std::vector<Query> LedgerWriter::create() const {
  std::vector<Query> queries;
  if (!shape_.schema_exists) {
    queries.push_back({"CREATE SCHEMA IF NOT EXISTS " + quote_identifier(names_.schema)});
  }
  if (!shape_.table_exists) {
    queries.push_back({fmt::format(R"(CREATE TABLE {} (
  id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
  version varchar(20) NOT NULL UNIQUE,
  name varchar(255) NOT NULL,
  checksum varchar(64),
  applied_at timestamptz,
  execution_time integer,
  success boolean NOT NULL,
  error text,
  rolled_back_at timestamptz
))",
                                   table())});
  }
  if (!shape_.log_exists) {
    // No CHECK: the server reads a constraint's text anew for every statement, which costs it as
    // much as the row.
    queries.push_back({fmt::format(R"(CREATE TABLE {} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  version varchar(20) NOT NULL,
  event text NOT NULL,
  direction text,
  checksum varchar(64),
  duration_ms integer,
  rollback_script text,
  rollback_checksum varchar(64),
  schema_fingerprint varchar(64),
  database_user text NOT NULL DEFAULT session_user,
  client_host text,
  tool_version text,
  error text,
  detail jsonb
))",
                                   log())});
    queries.push_back({fmt::format("CREATE INDEX ON {} (version, id)", log())});
    // Few rows are journal rows; this finds the unfinished ones without reading the log.
    queries.push_back({fmt::format(
        "CREATE INDEX ON {} (version, id) WHERE event IN ('started', 'statement_done')", log())});
  }
  if (!shape_.health_view_exists) queries.push_back({"CREATE " + health_view()});
  if (shape_.health_view_is_old) queries.push_back(replace_health_view());
  return queries;
}

// Versions are digits, of any width.
std::string LedgerWriter::health_view() const {
  return fmt::format(R"(VIEW {} AS
SELECT version, name, applied_at, execution_time,
  CASE
    WHEN rolled_back_at IS NOT NULL THEN 'rolled_back'
    WHEN success = false THEN 'failed'
    ELSE 'applied'
  END AS status
FROM {}
ORDER BY pg_catalog.length(pg_catalog.ltrim(version, '0')) DESC,
  pg_catalog.ltrim(version, '0') COLLATE pg_catalog."C" DESC
LIMIT 10)",
                     names_.qualified(names_.health_view()), table());
}

// No run fails because somebody reads the old view just now: the next one replaces it.
Query LedgerWriter::replace_health_view() const {
  const std::string tag = "$pgtide$";
  return {
      fmt::format("DO {0} BEGIN\nPERFORM pg_catalog.set_config('lock_timeout', '100', true);\n"
                  "CREATE OR REPLACE {1};\nEXCEPTION WHEN OTHERS THEN NULL;\nEND {0}",
                  tag, health_view())};
}

// Each row tells which environment it was recorded in: a database that has seen production is never
// reset.
Param LedgerWriter::detail_with_environment(const LogRow& row) const {
  if (run_.environment.empty()) return row.detail;
  std::string escaped;
  for (const char c : run_.environment) {
    if (c == '"' || c == '\\') escaped += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) escaped += c;
  }
  if (!row.detail) return fmt::format(R"({{"environment": "{}"}})", escaped);
  return fmt::format(R"({{"environment": "{}", {})", escaped, row.detail->substr(1));
}

// `query` ends with a CTE named `meant` that has one row when the version's row was what it was
// taken for, and became what it should; this appends the log row for it. A trigger or a rule that
// keeps either row away or makes another one of it, and a row that somebody else changed meanwhile,
// make a division by zero: the COMMIT behind it is on its way already, so the server must see it.
void LedgerWriter::append_log_insert(Query& query, const LogRow& row) const {
  const auto script = row.rollback ? Param(row.rollback->text) : Param();
  const auto script_sum = row.rollback ? Param(row.rollback->checksum) : Param();
  const std::string version = placeholder(query, row.version);
  query.sql += fmt::format(
      ", logged AS (\nINSERT INTO {} (run_id, version, event, direction, checksum, duration_ms, "
      "rollback_script, rollback_checksum, client_host, tool_version, error, detail)\n"
      "SELECT {}::uuid, {}::varchar, '{}', {}::text, {}::varchar, {}, {}::text, {}::varchar, "
      "{}::text, {}::text, {}::text, {}::jsonb FROM meant\n"
      "RETURNING duration_ms, version = {}::varchar AND event = '{}' AS is_right)\n"
      "SELECT pg_catalog.max(duration_ms), "
      "1 / (pg_catalog.count(*) FILTER (WHERE is_right) = 1)::integer FROM logged",
      log(), placeholder(query, run_.run_id), version, to_string(row.event),
      placeholder(query, row.direction), placeholder(query, row.checksum), row.duration,
      placeholder(query, script), placeholder(query, script_sum),
      placeholder(query, run_.client_host), placeholder(query, run_.tool_version),
      placeholder(query, row.error), placeholder(query, detail_with_environment(row)), version,
      to_string(row.event));
}

Query LedgerWriter::upsert_applied(const Step& step, const std::string& checksum,
                                   const std::optional<StoredScript>& rollback,
                                   std::optional<std::int64_t> duration_ms, LogEvent event,
                                   Was was) const {
  Query query{fmt::format(R"(WITH changed AS (
  INSERT INTO {} AS m (id, version, name, checksum, applied_at, execution_time, success, error, rolled_back_at)
  VALUES ($5::uuid, $1, $2, $3, {}, COALESCE($4::integer, {}), true, NULL, NULL)
  ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, checksum = EXCLUDED.checksum,
    applied_at = EXCLUDED.applied_at, execution_time = EXCLUDED.execution_time, success = true, error = NULL,
    rolled_back_at = NULL
    WHERE {}
  RETURNING execution_time, version = $1 AND checksum = $3 AND {} AS is_right),
meant AS (SELECT execution_time FROM changed WHERE is_right))",
                          table(), now(), elapsed_ms,
                          was == Was::applied ? while_applied_sql() : while_not_applied_sql(),
                          is_applied_sql),
              {step.version_text, step.name, checksum, milliseconds(duration_ms),
               row_id(run_.run_id, step.version_text)}};
  append_log_insert(query, {.version = step.version_text,
                            .event = event,
                            .direction = "up",
                            .checksum = checksum,
                            .duration = "meant.execution_time",
                            .rollback = rollback});
  return query;
}

Query LedgerWriter::applied(const Step& step, const std::string& checksum,
                            const std::optional<StoredScript>& rollback,
                            std::optional<std::int64_t> duration_ms) const {
  return upsert_applied(step, checksum, rollback, duration_ms, LogEvent::applied, Was::not_applied);
}

Query LedgerWriter::recorded_as_applied(const Step& step, const std::string& checksum,
                                        const std::optional<StoredScript>& rollback, LogEvent event,
                                        Was was) const {
  return upsert_applied(step, checksum, rollback, 0, event, was);
}

Query LedgerWriter::rolled_back(const Step& step, const std::string& checksum,
                                std::optional<std::int64_t> duration_ms) const {
  Query query{fmt::format("WITH changed AS (UPDATE {} m SET rolled_back_at = {}, error = NULL "
                          "WHERE version = $1 AND {} RETURNING COALESCE($2::integer, {}) AS ms, "
                          "version = $1 AND rolled_back_at IS NOT NULL AS is_right),\n"
                          "meant AS (SELECT ms FROM changed WHERE is_right)",
                          table(), now(), while_applied_sql(), elapsed_ms),
              {step.version_text, milliseconds(duration_ms)}};
  append_log_insert(query, {.version = step.version_text,
                            .event = LogEvent::rolled_back,
                            .direction = "down",
                            .checksum = checksum,
                            .duration = "meant.ms"});
  return query;
}

Query LedgerWriter::unchanged_since(std::int64_t last_event) const {
  return {fmt::format("SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM {} WHERE id "
                      "OPERATOR(pg_catalog.>) $1::pg_catalog.int8 AND run_id "
                      "OPERATOR(pg_catalog.<>) $2::pg_catalog.uuid AND event "
                      "OPERATOR(pg_catalog.<>) 'schema_recorded'::pg_catalog.text))"
                      "::pg_catalog.int4",
                      log()),
          {std::to_string(last_event), run_.run_id}};
}

Query LedgerWriter::recorded_as_rolled_back(const Step& step) const {
  Query query{fmt::format("WITH changed AS (UPDATE {} SET rolled_back_at = {}, error = NULL WHERE "
                          "version = $1 AND rolled_back_at IS NULL RETURNING version = $1 AND "
                          "rolled_back_at IS NOT NULL AS is_right),\n"
                          "meant AS (SELECT FROM changed WHERE is_right)",
                          table(), now()),
              {step.version_text}};
  append_log_insert(
      query, {.version = step.version_text, .event = LogEvent::resolved, .direction = "down"});
  return query;
}

// A row that says applied, for what is written to the log alone.
Query LedgerWriter::while_applied(const Step& step) const {
  return {fmt::format("WITH meant AS (SELECT FROM {} m WHERE version = $1 AND {})", table(),
                      while_applied_sql()),
          {step.version_text}};
}

// The journal must not have the statement as done since the script was begun. The table of the
// versions is named so that a script which takes it, or a column of it, is refused at once: its
// last row could not be written.
Query LedgerWriter::while_not_done(const Step& step, std::size_t number) const {
  return {
      fmt::format(R"(WITH ledger AS (SELECT id, version, name, checksum, applied_at, execution_time,
  success, error, rolled_back_at FROM {1}),
meant AS (SELECT WHERE NOT EXISTS (SELECT FROM {0} d
  WHERE d.version = $1 AND d.event = 'statement_done' AND d.direction = $2
    AND d.detail->>'statement' = $3
    AND d.id > COALESCE((SELECT pg_catalog.max(b.id) FROM {0} b WHERE b.version = $1
      AND b.event = 'started' AND b.direction = $2 AND b.detail->>'statement' = '0'), 0))))",
                  log(), table()),
      {step.version_text, std::string(to_string(step.direction)), std::to_string(number)}};
}

Query LedgerWriter::begun(const Step& step, const std::string& checksum,
                          std::size_t statements) const {
  Query query = while_applied(step);
  if (step.direction == Direction::up) {
    query = {fmt::format(R"(WITH changed AS (
  INSERT INTO {} AS m (id, version, name, checksum, applied_at, execution_time, success, error, rolled_back_at)
  VALUES (pg_catalog.gen_random_uuid(), $1, $2, $3, {}, NULL, false, '{}', NULL)
  ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, checksum = EXCLUDED.checksum,
    applied_at = EXCLUDED.applied_at, execution_time = NULL, success = false, error = EXCLUDED.error,
    rolled_back_at = NULL
    WHERE {}
  RETURNING version = $1 AND success IS FALSE AND rolled_back_at IS NULL AS is_right),
meant AS (SELECT FROM changed WHERE is_right))",
                         table(), now(), unfinished_error, while_not_applied_sql()),
             {step.version_text, step.name, checksum}};
  }
  append_log_insert(query, journal_row(step, checksum, LogEvent::started,
                                       fmt::format(R"({{"statement": 0, "of": {}}})", statements)));
  return query;
}

LedgerWriter::LogRow LedgerWriter::journal_row(const Step& step, const std::string& checksum,
                                               LogEvent event, const std::string& detail) const {
  return {.version = step.version_text,
          .event = event,
          .direction = std::string(to_string(step.direction)),
          .checksum = checksum,
          .detail = detail};
}

Query LedgerWriter::statement_started(const Step& step, const std::string& checksum,
                                      const JournalledStatement& at,
                                      const std::string& before) const {
  Query query = while_not_done(step, at.number);
  append_log_insert(
      query,
      journal_row(step, checksum, LogEvent::started,
                  fmt::format(R"({{"statement": {}, "of": {}, "before": "{}", "sum_before": "{}", )"
                              R"("sum": "{}"}})",
                              at.number, at.of, before, at.sum_before, at.sum)));
  return query;
}

Query LedgerWriter::statement_done(const Step& step, const std::string& checksum,
                                   const JournalledStatement& at, std::uint64_t rows) const {
  Query query = while_not_done(step, at.number);
  append_log_insert(
      query, journal_row(step, checksum, LogEvent::statement_done,
                         fmt::format(R"({{"statement": {}, "of": {}, "rows": {}, "sum": "{}"}})",
                                     at.number, at.of, rows, at.sum)));
  return query;
}

Query LedgerWriter::failed(const Step& step, const std::string& checksum, const std::string& error,
                           std::int64_t duration_ms, const std::optional<FailedAt>& at) const {
  Query query;
  if (step.direction == Direction::up) {
    query = {fmt::format(R"(WITH changed AS (
  INSERT INTO {} AS m (id, version, name, checksum, applied_at, execution_time, success, error, rolled_back_at)
  VALUES (pg_catalog.gen_random_uuid(), $1, $2, $3, {}, $4::integer, false, $5, NULL)
  ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, checksum = EXCLUDED.checksum,
    applied_at = EXCLUDED.applied_at, execution_time = EXCLUDED.execution_time, success = false,
    error = EXCLUDED.error, rolled_back_at = NULL
    WHERE {}
  RETURNING execution_time, version = $1 AND success IS FALSE AND rolled_back_at IS NULL AS is_right),
meant AS (SELECT execution_time FROM changed WHERE is_right))",
                         table(), now(), while_not_applied_sql()),
             {step.version_text, step.name, checksum, milliseconds(duration_ms), error}};
  } else {
    query = {fmt::format("WITH changed AS (UPDATE {} m SET error = $2 WHERE version = $1 AND {} "
                         "RETURNING version = $1 AND {} AS is_right),\n"
                         "meant AS (SELECT $3::integer AS execution_time FROM changed WHERE "
                         "is_right)",
                         table(), while_applied_sql(), is_applied_sql),
             {step.version_text, error, milliseconds(duration_ms)}};
  }
  append_log_insert(query, {.version = step.version_text,
                            .event = LogEvent::failed,
                            .direction = std::string(to_string(step.direction)),
                            .checksum = checksum,
                            .duration = "meant.execution_time",
                            .error = error,
                            .detail = at ? Param(detail_of(*at)) : Param()});
  return query;
}

Query LedgerWriter::repaired(const Step& step, const std::string& checksum,
                             const std::optional<StoredScript>& rollback) const {
  Query query{
      fmt::format("WITH changed AS (UPDATE {} SET checksum = $1 WHERE version = $2 AND "
                  "rolled_back_at IS NULL RETURNING version = $2 AND checksum = $1 AS is_right),\n"
                  "meant AS (SELECT FROM changed WHERE is_right)",
                  table()),
      {checksum, step.version_text}};
  append_log_insert(query, {.version = step.version_text,
                            .event = LogEvent::repaired,
                            .direction = "up",
                            .checksum = checksum,
                            .rollback = rollback});
  return query;
}

Query LedgerWriter::marked_good(const Step& step) const {
  Query query = while_applied(step);
  append_log_insert(query, {.version = step.version_text, .event = LogEvent::marked_good});
  return query;
}

}  // namespace pgtide::engine
