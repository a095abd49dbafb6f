#include "engine/trace_sql.hpp"

#include <fmt/format.h>

#include "engine/session_sql.hpp"

namespace pgtide::engine::trace_sql {
namespace {

// One backend's relation locks; what is below 16384 belongs to the server.
constexpr const char* held = R"(held AS MATERIALIZED (
  SELECT relation AS id, mode FROM pg_catalog.pg_locks
  WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted
    AND relation >= 16384))";

// Rows that the step wrote are at most this old. The step's savepoint is the first of its
// transaction's savepoints that has an id; without one the transaction wrote nothing since.
constexpr const char* since_savepoint = R"(since AS MATERIALIZED (
  SELECT pg_catalog.max(pg_catalog.age(transactionid)) AS age FROM pg_catalog.pg_locks
  WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'transactionid' AND granted
    AND transactionid <> pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid))";
constexpr const char* since_transaction = R"(since AS MATERIALIZED (
  SELECT pg_catalog.age(pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid) AS age))";

constexpr const char* relation_columns =
    R"(SELECT 'relation', c.oid::text, n.nspname::text, c.relname::text, c.relkind::text,
  c.relfilenode::text || ' ' || c.reltablespace::text,
  (SELECT pg_catalog.min(h.inhparent) FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)::text,
  i.indrelid::text, {}
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S', 'i', 'I') AND c.relpersistence <> 't'
  AND c.oid >= 16384 AND n.nspname <> 'pg_toast')";

// The check may be written by hand or with other conditions beside it, but not as an alternative.
constexpr const char* column_columns =
    R"(SELECT 'column', a.attrelid::text, a.attnum::text, a.attname::text,
  CASE WHEN NOT a.attisdropped THEN pg_catalog.format_type(a.atttypid, a.atttypmod) END,
  a.attnotnull::text, a.attisdropped::text,
  EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid
    AND (k.contype = 'c' AND k.convalidated
         AND pg_catalog.strpos(pg_catalog.pg_get_constraintdef(k.oid),
           '(' || pg_catalog.quote_ident(a.attname) || ' IS NOT NULL)') > 0
         AND pg_catalog.strpos(pg_catalog.pg_get_constraintdef(k.oid), ' OR ') = 0
      OR k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey)))::text,
  (a.atthasdef OR a.attidentity <> '')::text
FROM pg_catalog.pg_attribute a
WHERE a.attnum > 0 AND a.attrelid >= 16384
  AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = a.attrelid
    AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'))";

constexpr const char* constraint_columns =
    R"(SELECT 'constraint', k.conrelid::text, k.oid::text, k.conname::text, k.contype::text,
  k.convalidated::text, k.conindid::text, k.confrelid::text, NULL::text
FROM pg_catalog.pg_constraint k
WHERE k.contype IN ('c', 'f', 'u', 'p', 'x') AND k.conrelid >= 16384 AND k.conparentid = 0
  AND k.conislocal)";

constexpr const char* by_statistics = "(CASE WHEN c.reltuples > 0 THEN true END)::text";
// Of tables that nobody else can have locked.
constexpr const char* by_size =
    "CASE WHEN c.relkind IN ('r', 'm') AND c.oid IN (SELECT id FROM held WHERE mode = "
    "'AccessExclusiveLock') THEN (pg_catalog.pg_relation_size(c.oid) > 0)::text END";

// Of tables that the transaction has locked against changes already, so nothing waits here.
constexpr const char* sizes = R"(
UNION ALL
SELECT 'size', c.oid::text, (pg_catalog.pg_relation_size(c.oid) > 0)::text,
  NULL, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_class c
WHERE c.oid = ANY ((SELECT ids FROM strong)::oid[]) AND c.relkind IN ('r', 'm'))";

constexpr const char* rows = R"(
UNION ALL
SELECT 'rows', w.id::text, pg_catalog.pg_stat_get_xact_tuples_inserted(w.id)::text,
  pg_catalog.pg_stat_get_xact_tuples_updated(w.id)::text,
  pg_catalog.pg_stat_get_xact_tuples_deleted(w.id)::text, NULL, NULL, NULL, NULL
FROM (SELECT DISTINCT id FROM held WHERE mode IN ('RowExclusiveLock', 'AccessExclusiveLock')) w
WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = w.id AND c.relkind = 'r'))";

std::string literal_or_null(const std::string& text) {
  return text.empty() ? std::string("NULL::text") : quote_literal(text) + "::text";
}

std::string locks(const Age& age) {
  return fmt::format(R"(
SELECT 'lock'::text, id::text, mode::text, NULL::text, NULL::text, NULL::text, NULL::text,
  NULL::text, NULL::text
FROM held WHERE id <= {0}
UNION ALL
SELECT DISTINCT 'gone', id::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM held WHERE mode = 'AccessExclusiveLock' AND id <= {1}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = id))",
                     age.before_run, age.before_step);
}

// `id` is the column that names the table. Objects of this run are looked through; of those before
// it only what is locked can have changed.
std::string changed(const char* select, const std::string& columns, const char* id,
                    const char* xmin, const Age& age) {
  return "\nUNION ALL\n" + fmt::format(fmt::runtime(select), columns) +
         fmt::format(
             R"( AND ({0} = ANY ((SELECT ids FROM strong)::oid[]) OR {0} > {2} AND {0} <= {3})
  AND pg_catalog.age({1}) <= (SELECT age FROM since))",
             id, xmin, age.before_run, age.before_step);
}

std::string new_indexes(const Age& age) {
  return "\nUNION ALL\n" + fmt::format(fmt::runtime(relation_columns), "NULL::text") +
         fmt::format(R"( AND i.indrelid <= {0} AND c.oid > {0}
  AND c.oid IN (SELECT id FROM held WHERE mode = 'AccessExclusiveLock' AND id > {0}))",
                     age.before_step);
}

}  // namespace

Query mark() {
  return {
      "SELECT 'mark', (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * "
      "1000000)::bigint::text, "
      "pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::text"};
}

Query counters() {
  return {R"(SELECT * FROM (
  SELECT 'counter', c.oid::text AS id,
    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)::text AS inserted,
    pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)::text AS updated,
    pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)::text AS deleted
  FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384) t
WHERE inserted <> '0' OR updated <> '0' OR deleted <> '0')"};
}

namespace {

std::string objects(const std::string& after, const char* filling) {
  const auto newer = [&](const char* id) { return fmt::format(" AND {} > {}\n", id, after); };
  return "SELECT 'newest'::text, pg_catalog.max(oid)::text, NULL::text, NULL::text, NULL::text, "
         "NULL::text, NULL::text, NULL::text, NULL::text FROM pg_catalog.pg_class\nUNION ALL\n" +
         fmt::format(fmt::runtime(relation_columns), filling) + newer("c.oid") + "UNION ALL\n" +
         fmt::format(fmt::runtime(column_columns)) + newer("a.attrelid") + "UNION ALL\n" +
         fmt::format(fmt::runtime(constraint_columns)) + newer("k.conrelid");
}

}  // namespace

Query everything() {
  return {objects("0", by_statistics)};
}

Query everything_in_size() {
  return {objects("0",
                  "CASE WHEN c.relkind IN ('r', 'm') THEN (pg_catalog.pg_relation_size(c.oid) > "
                  "0)::text END")};
}

Query created(const Age& age) {
  return {fmt::format("WITH {}\n", held) + objects(std::to_string(age.before_step), by_size)};
}

Query changes(const Age& age, Since since, Depth depth) {
  std::string sql = fmt::format("WITH {},\n{},\n", held,
                                since == Since::savepoint ? since_savepoint : since_transaction);
  sql += fmt::format(
      "strong AS MATERIALIZED (SELECT ARRAY(SELECT DISTINCT id FROM held WHERE id <= {} AND mode "
      "NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')) AS ids)",
      age.before_run);
  sql += locks(age);
  if (depth == Depth::locks) return {sql};
  sql += rows;
  if (depth == Depth::locks_and_rows) return {sql};
  sql += sizes;
  sql += changed(relation_columns, "NULL::text", "c.oid", "c.xmin", age);
  sql += new_indexes(age);
  sql += changed(column_columns, {}, "a.attrelid", "a.xmin", age);
  sql += changed(constraint_columns, {}, "k.conrelid", "k.xmin", age);
  return {sql};
}

Query find(const std::vector<sql::Victim>& victims) {
  std::string named;
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const sql::Victim& victim = victims[i];
    named += fmt::format("{}({}, {}, {}, {})", named.empty() ? "" : ", ", i,
                         literal_or_null(victim.schema), literal_or_null(victim.table),
                         literal_or_null(victim.column));
  }
  return {fmt::format(R"(WITH RECURSIVE path AS (SELECT {} AS schemas),
named (number, schema, name, part) AS (VALUES {}),
target (id, part, number) AS (
  SELECT c.oid, m.part, m.number
  FROM path, named m JOIN pg_catalog.pg_class c ON c.relname = m.name
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = m.schema OR m.schema IS NULL AND c.oid = (SELECT v.oid
    FROM pg_catalog.pg_class v JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace
    WHERE v.relname = m.name AND vn.nspname = ANY (path.schemas)
    ORDER BY pg_catalog.array_position(path.schemas, vn.nspname) LIMIT 1)
  UNION
  SELECT c.oid, NULL, m.number FROM named m JOIN pg_catalog.pg_namespace n ON n.nspname = m.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
  WHERE m.name IS NULL
  UNION
  SELECT h.inhrelid, t.part, t.number FROM target t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.id)
SELECT 'victim', c.oid::text, n.nspname::text, c.relname::text, t.part,
  pg_catalog.pg_relation_size(c.oid)::text, c.reltuples::bigint::text, t.number::text
FROM target t JOIN pg_catalog.pg_class c ON c.oid = t.id
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND (t.part IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attname = t.part AND NOT a.attisdropped)))",
                      script_path, named)};
}

Query count(const std::vector<Counted>& tables) {
  std::string sql;
  for (const Counted& one : tables) {
    const std::string what = one.column.empty() ? std::string("*") : quote_identifier(one.column);
    sql += fmt::format("{}SELECT 'lost', '{}', {}, pg_catalog.count({})::text FROM ONLY {}.{}",
                       sql.empty() ? "" : "\nUNION ALL\n", one.id, literal_or_null(one.column),
                       what, quote_identifier(one.schema), quote_identifier(one.table));
  }
  return {sql};
}

}  // namespace pgtide::engine::trace_sql
