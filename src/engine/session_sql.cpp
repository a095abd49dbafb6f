#include "engine/session_sql.hpp"

#include <fmt/format.h>

namespace pgtide::engine {
namespace {

constexpr const char* client_check_interval = "2000";  // ms
constexpr const char* guard_table = "pg_temp.pgtide_commit_guard";

std::string milliseconds(std::chrono::milliseconds value) {
  return std::to_string(value.count());
}

}  // namespace

const char* const script_path = "pg_catalog.current_setting('pgtide.script_path')::name[]";
const char* const commit_guard_constraint = "pgtide_a_dry_run_never_commits";

namespace {

Query settings_query(const SessionSettings& settings, const char* is_local) {
  Query query{fmt::format("SELECT pg_catalog.set_config('lock_timeout', $1, {0}), "
                          "pg_catalog.set_config('statement_timeout', $2, {0})",
                          is_local),
              {milliseconds(settings.lock_timeout), milliseconds(settings.statement_timeout)}};
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    query.params.emplace_back(value);
    query.sql +=
        fmt::format(", pg_catalog.set_config('{}', ${}, {})", name, query.params.size(), is_local);
  };
  add("search_path", settings.search_path);
  add("role", settings.role);
  if (settings.watch_client) add("client_connection_check_interval", client_check_interval);
  return query;
}

// Fails unless `function` gets the lock.
std::string attempt(const char* function, std::int64_t key) {
  return fmt::format(
      "1 OPERATOR(pg_catalog./) pg_catalog.{}('{}'::pg_catalog.int8)::pg_catalog.int4", function,
      key);
}

}  // namespace

Query lock_transaction(std::int64_t key) {
  return {"SELECT " + attempt("pg_try_advisory_xact_lock", key)};
}

Query lock_session(std::int64_t key) {
  return {"SELECT " + attempt("pg_try_advisory_lock", key)};
}

Query apply_settings(const SessionSettings& settings) {
  Query query = settings_query(settings, "true");
  if (settings.transaction_key) {
    query.sql += ", " + attempt("pg_try_advisory_xact_lock", *settings.transaction_key);
  }
  return query;
}

Query apply_session_settings(const SessionSettings& settings) {
  return settings_query(settings, "false");
}

std::vector<Query> login_role_for_this_transaction() {
  return {{"SET LOCAL SESSION AUTHORIZATION DEFAULT"}, {"SET LOCAL role TO DEFAULT"}};
}

std::vector<Query> apply_ledger_settings(const SessionSettings& settings, Flush flush) {
  Query query{"SELECT pg_catalog.set_config('lock_timeout', $1, true)",
              {milliseconds(settings.lock_timeout)}};
  if (flush != Flush::at_commit) {
    query.sql += fmt::format(", pg_catalog.set_config('synchronous_commit', '{}', true)",
                             flush == Flush::later ? "off" : "local");
  }
  return {own_settings(), std::move(query)};
}

std::vector<Query> wait_for_disk(Flush flush) {
  std::vector<Query> queries = {{"BEGIN"}, own_settings()};
  if (flush == Flush::on_server) queries.push_back({"SET LOCAL synchronous_commit = local"});
  queries.push_back(
      {"SELECT pg_catalog.current_setting('synchronous_standby_names'), "
       "pg_catalog.pg_logical_emit_message(true, 'pgtide', '')"});
  queries.push_back({"COMMIT"});
  return queries;
}

std::vector<Query> reset_settings(const SessionSettings& settings) {
  // RESET ALL leaves role and session authorization alone.
  std::vector<Query> queries = {{"RESET SESSION AUTHORIZATION"}, {"RESET ROLE"}, {"RESET ALL"}};
  if (settings.may_end_idle) {
    queries.push_back({"SELECT pg_catalog.set_config('idle_session_timeout', '0', false)"});
  }
  return queries;
}

std::vector<Query> begin_own(const std::string& savepoint) {
  return {{"SAVEPOINT " + savepoint},
          {"SELECT pg_catalog.set_config('pgtide.script_path', "
           "pg_catalog.current_schemas(true)::pg_catalog.text, true)"},
          own_settings()};
}

std::vector<Query> end_own(const std::string& savepoint) {
  return {{"ROLLBACK TO SAVEPOINT " + savepoint}, {"RELEASE SAVEPOINT " + savepoint}};
}

std::vector<Query> reset_session_objects(TemporaryObjects temporary) {
  std::vector<Query> queries = {{"CLOSE ALL"},
                                {"UNLISTEN *"},
                                {"DISCARD SEQUENCES"},
                                {"SELECT pg_catalog.pg_advisory_unlock_all()"}};
  if (temporary == TemporaryObjects::drop) queries.push_back({"DISCARD TEMP"});
  return queries;
}

Query drop_prepared_statements() {
  return {"DEALLOCATE ALL"};
}

std::vector<Query> arm_commit_guard() {
  return {{fmt::format(
              "CREATE TEMPORARY TABLE pgtide_commit_guard (id integer PRIMARY KEY, never integer "
              "CONSTRAINT {} REFERENCES {} DEFERRABLE INITIALLY DEFERRED)",
              commit_guard_constraint, guard_table)},
          // A script's SET ROLE must not lock pgtide out of its own guard.
          {fmt::format("GRANT ALL ON {} TO PUBLIC", guard_table)},
          {fmt::format("INSERT INTO {} VALUES (1, 2)", guard_table)}};
}

std::vector<Query> disarm_commit_guard() {
  return {{fmt::format("DELETE FROM {}", guard_table)}};
}

std::vector<Query> rearm_commit_guard() {
  return {{fmt::format("SET CONSTRAINTS pg_temp.{} DEFERRED", commit_guard_constraint)},
          {fmt::format("INSERT INTO {} VALUES (1, 2)", guard_table)}};
}

std::vector<Query> check_deferred_constraints() {
  return {{"SAVEPOINT pgtide_check"},
          {fmt::format("DELETE FROM {}", guard_table)},
          {"SET CONSTRAINTS ALL IMMEDIATE"},
          {"ROLLBACK TO SAVEPOINT pgtide_check"},
          {"RELEASE SAVEPOINT pgtide_check"}};
}

bool is_caused_by_guard(const std::string& sqlstate, const std::string& message,
                        const std::string& constraint) {
  if (constraint == commit_guard_constraint) return true;
  // A table with events that only COMMIT would settle cannot be altered or dropped before.
  return sqlstate == "55006" && message.find("pending trigger events") != std::string::npos;
}

Query list_temporary_objects() {
  return {R"(SELECT pg_catalog.format('DROP %s IF EXISTS pg_temp.%I CASCADE',
    CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.relname)
  FROM pg_catalog.pg_class c
  WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() AND c.relkind IN ('r', 'p', 'v', 'S', 'c')
    AND c.relname <> 'pgtide_commit_guard'
UNION ALL
SELECT pg_catalog.format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::pg_catalog.regprocedure)
  FROM pg_catalog.pg_proc p WHERE p.pronamespace = pg_catalog.pg_my_temp_schema()
UNION ALL
SELECT pg_catalog.format('DROP %s IF EXISTS pg_temp.%I CASCADE',
    CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.typname)
  FROM pg_catalog.pg_type t
  WHERE t.typnamespace = pg_catalog.pg_my_temp_schema() AND t.typtype IN ('d', 'e', 'r'))"};
}

Query list_deferred_constraints() {
  return {R"(WITH named AS (
  SELECT pg_catalog.format('%I.%I', n.nspname, k.conname) AS name, k.condeferrable, k.condeferred,
    pg_catalog.count(*) OVER (PARTITION BY k.connamespace, k.conname) AS namesakes
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
  WHERE k.conparentid = 0 AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND k.conname <> ')" +
          std::string(commit_guard_constraint) + R"('),
lists AS (
  SELECT pg_catalog.string_agg(name, ', ') AS every,
    pg_catalog.string_agg(name, ', ') FILTER (WHERE condeferred) AS deferred
  FROM named WHERE condeferrable AND namesakes = 1)
SELECT 'SET CONSTRAINTS ' || every || ' IMMEDIATE' FROM lists WHERE every IS NOT NULL
UNION ALL
SELECT 'SET CONSTRAINTS ' || deferred || ' DEFERRED' FROM lists WHERE deferred IS NOT NULL)"};
}

}  // namespace pgtide::engine
