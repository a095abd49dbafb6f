#include "engine/loss_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "pgtide/sql/effect.hpp"

namespace pgtide::engine {

bool all_losses_are_meant(const sql::ScriptScan& scan) {
  return std::ranges::any_of(scan.allows, [](const sql::ScopedAllow& allow) {
    return allow.what == "data-loss" && !allow.statement;
  });
}

bool loss_is_meant(const sql::ScriptScan& scan, const sql::Statement& statement) {
  return std::ranges::any_of(scan.allows, [&](const sql::ScopedAllow& allow) {
    const bool is_meant = !allow.statement || allow.statement->offset == statement.begin.offset;
    return allow.what == "data-loss" && is_meant;
  });
}

bool ends_loss_watch(const sql::ScriptScan& scan, const sql::Statement& statement) {
  return loss_is_meant(scan, statement) || sql::resets_session(statement.text);
}

// The numbers of rows that the server counts for the session may hold some of earlier transactions,
// so what was deleted is compared, too. A table that nobody has counted yet is taken for filled
// when it has a size; to ask for that waits for who has it exclusively, so then it is not asked.
Query begin_loss_watch(LossWatch watch) {
  return {fmt::format(R"(SELECT pg_catalog.set_config('pgtide.watched', COALESCE(
  pg_catalog.jsonb_object_agg(c.oid::pg_catalog.text, pg_catalog.jsonb_build_object(
    'name', pg_catalog.format('%I.%I', n.nspname, c.relname), 'columns', c.relnatts,
    'gone', COALESCE(d.gone, 0), 'file', c.relfilenode::pg_catalog.int8,
    'filled', c.reltuples OPERATOR(pg_catalog.>) 0::pg_catalog.float4
      OR pg_catalog.pg_stat_get_live_tuples(c.oid) OPERATOR(pg_catalog.>) 0::pg_catalog.int8
      OR CASE WHEN c.relpages OPERATOR(pg_catalog.=) 0
          AND pg_catalog.pg_stat_get_tuples_inserted(c.oid) OPERATOR(pg_catalog.=) 0::pg_catalog.int8
          AND c.oid OPERATOR(pg_catalog.<>) ALL (ARRAY(SELECT l.relation FROM pg_catalog.pg_locks l
            WHERE l.locktype OPERATOR(pg_catalog.=) 'relation'::pg_catalog.text
              AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'::pg_catalog.text))
        THEN pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog.>) 0::pg_catalog.int8
        ELSE false END,
    'deleted', pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)))::pg_catalog.text, '{{}}'), {}) IS NULL
FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN (SELECT attrelid, pg_catalog.count(*) AS gone FROM pg_catalog.pg_attribute
    WHERE attisdropped GROUP BY attrelid) d ON d.attrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::pg_catalog."char"[])
  AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog."char"
  AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid)",
                      watch == LossWatch::transaction ? "true" : "false")};
}

// Who holds a table exclusively is the one who dropped it, or its column; the lock stays to the end
// of the transaction.
Query refuse_losses() {
  return {R"(DO LANGUAGE plpgsql $pgtide$
DECLARE
  watched pg_catalog.text := pg_catalog.current_setting('pgtide.watched', true);
  path pg_catalog.text := pg_catalog.current_setting('search_path');
  lost pg_catalog.text[] := '{}';
  one pg_catalog.record;
  has_rows pg_catalog.bool;
BEGIN
  -- Behind it nothing is found that the script made.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF COALESCE(watched, '') = '' THEN
    RAISE EXCEPTION USING ERRCODE = 'PGT01',
      MESSAGE = 'whether this loses data cannot be told: the script reset pgtide''s settings';
  END IF;
  FOR one IN
    SELECT w.key::pg_catalog.oid AS id, c.oid AS now, c.relkind AS kind,
      n.nspname AS schema, c.relname AS name, w.value OPERATOR(pg_catalog.->>) 'name' AS words,
      h.id IS NOT NULL AND c.oid IS NULL AS dropped,
      CASE WHEN h.id IS NOT NULL THEN (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attisdropped AND a.attnum > 0
          AND a.attnum <= (w.value OPERATOR(pg_catalog.->>) 'columns')::pg_catalog.int2)
        - (w.value OPERATOR(pg_catalog.->>) 'gone')::pg_catalog.int8 ELSE 0 END AS columns,
      h.id IS NOT NULL AND c.relkind = 'r' AND (w.value OPERATOR(pg_catalog.->>) 'filled')::pg_catalog.bool
        AND c.relfilenode <> (w.value OPERATOR(pg_catalog.->>) 'file')::pg_catalog.oid AS new_file,
      c.relkind = 'r' AND pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
        > (w.value OPERATOR(pg_catalog.->>) 'deleted')::pg_catalog.int8 AS deleted
    FROM pg_catalog.jsonb_each(watched::pg_catalog.jsonb) w
      LEFT JOIN pg_catalog.pg_class c ON c.oid = w.key::pg_catalog.oid
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN (SELECT DISTINCT l.relation AS id FROM pg_catalog.pg_locks l
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation'::pg_catalog.text
          AND l.mode = 'AccessExclusiveLock'::pg_catalog.text AND l.granted) h
        ON h.id = w.key::pg_catalog.oid
    ORDER BY 6
  LOOP
    IF one.dropped THEN
      lost := pg_catalog.array_append(lost, pg_catalog.format('table %s', one.words));
    ELSIF one.columns > 0 THEN
      lost := pg_catalog.array_append(lost,
        pg_catalog.format('%s column(s) of %s', one.columns, one.words));
    ELSIF one.new_file AND pg_catalog.pg_relation_size(one.now) = 0 THEN
      lost := pg_catalog.array_append(lost, pg_catalog.format('all rows of %s', one.words));
    ELSIF one.deleted AND pg_catalog.has_table_privilege(one.now, 'SELECT')
        AND pg_catalog.has_schema_privilege(one.schema::pg_catalog.text, 'USAGE')
        AND NOT pg_catalog.row_security_active(one.now) THEN
      EXECUTE pg_catalog.format('SELECT EXISTS (SELECT FROM ONLY %I.%I)', one.schema, one.name)
        INTO has_rows;
      IF NOT has_rows THEN
        lost := pg_catalog.array_append(lost, pg_catalog.format('all rows of %s', one.words));
      END IF;
    END IF;
  END LOOP;
  IF pg_catalog.cardinality(lost) > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'PGT01',
      MESSAGE = pg_catalog.format('this loses data: %s', pg_catalog.array_to_string(lost, ', '));
  END IF;
  PERFORM pg_catalog.set_config('search_path', path, true);
END $pgtide$)"};
}

Failure explain_loss(Failure failure) {
  if (failure.sqlstate == "PGT01") {
    failure.hint =
        "when that is meant, write `-- pgtide: allow data-loss <why>` in the script, before its "
        "first statement or before the one that loses it, or add --allow-data-loss";
    return failure;
  }
  failure.kind = FailureKind::environment;
  failure.message = "cannot see whether data is lost: " + failure.message;
  const bool has_no_language = failure.sqlstate == "42704" || failure.sqlstate == "42501";
  if (has_no_language) {
    failure.hint = "this role needs the language plpgsql for it; --allow-data-loss does not look";
  }
  return failure;
}

}  // namespace pgtide::engine
