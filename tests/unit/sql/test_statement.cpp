#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "sql/keywords.hpp"
#include "sql/parse_tree.hpp"
#include "unit/sql/support.hpp"

using namespace pgtide::sql;
using Kind = StatementKind;

namespace {

using Cases = std::vector<std::pair<std::string, Kind>>;

// Statements that PostgreSQL 15 parses: key words and parser have to agree on each.
const Cases parsed = {
    {"BEGIN", Kind::begin},
    {"begin work", Kind::begin},
    {"/* x */ BEGIN -- y\n TRANSACTION", Kind::begin},
    {"START TRANSACTION", Kind::begin},
    {"BEGIN ISOLATION LEVEL SERIALIZABLE", Kind::begin_with_modes},
    {"BEGIN TRANSACTION READ ONLY", Kind::begin_with_modes},
    {"START TRANSACTION NOT DEFERRABLE", Kind::begin_with_modes},
    {"COMMIT", Kind::commit},
    {"END TRANSACTION", Kind::commit},
    {"COMMIT AND NO CHAIN", Kind::commit},
    {"COMMIT WORK AND CHAIN", Kind::commit_and_chain},
    {"ROLLBACK", Kind::rollback},
    {"ABORT WORK", Kind::rollback},
    {"ROLLBACK AND CHAIN", Kind::rollback},
    {"ROLLBACK TO SAVEPOINT a", Kind::savepoint},
    {"ROLLBACK TRANSACTION TO a", Kind::savepoint},
    {"SAVEPOINT a", Kind::savepoint},
    {"RELEASE a", Kind::savepoint},
    {"PREPARE TRANSACTION 'x'", Kind::two_phase},
    {"COMMIT PREPARED 'x'", Kind::two_phase},
    {"ROLLBACK PREPARED 'x'", Kind::two_phase},
    {"PREPARE p AS SELECT 1", Kind::other},
    {"PREPARE transaction AS SELECT 1", Kind::other},
    {"COPY t FROM STDIN", Kind::copy_from_stdin},
    {"COPY public.t (a, \"from\") FROM stdin WITH (FORMAT csv)", Kind::copy_from_stdin},
    {"COPY t FROM STDOUT", Kind::copy_from_stdin},
    {"COPY t TO STDOUT", Kind::copy_to_stdout},
    {"COPY (SELECT 1 FROM stdin) TO stdout", Kind::copy_to_stdout},
    {"COPY t FROM '/tmp/stdin'", Kind::other},
    {"COPY t FROM PROGRAM 'stdin'", Kind::other},
    {"COPY t TO 'x'", Kind::other},
    {"SET CONSTRAINTS ALL DEFERRED", Kind::set_constraints},
    {"SET search_path = ''", Kind::other},
    {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", Kind::other},
    {"CREATE INDEX i ON t (a)", Kind::other},
    {"CREATE INDEX CONCURRENTLY i ON t (a)", Kind::non_transactional},
    {"CREATE UNIQUE INDEX CONCURRENTLY ON t (a)", Kind::non_transactional},
    {"CREATE INDEX IF NOT EXISTS i ON t (a)", Kind::other},
    {"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", Kind::non_transactional},
    {"CREATE INDEX \"concurrently\" ON t (a)", Kind::other},
    {"CREATE INDEX /* CONCURRENTLY */ i ON t (a)", Kind::other},
    {"DROP INDEX CONCURRENTLY IF EXISTS i", Kind::non_transactional},
    {"DROP INDEX i", Kind::other},
    {"REINDEX TABLE t", Kind::other},
    {"REINDEX TABLE \"concurrently\"", Kind::other},
    {"REINDEX INDEX CONCURRENTLY i", Kind::non_transactional},
    {"REINDEX (CONCURRENTLY) TABLE t", Kind::non_transactional},
    {"REINDEX (VERBOSE, CONCURRENTLY true) TABLE t", Kind::non_transactional},
    {"REINDEX (CONCURRENTLY off) TABLE t", Kind::other},
    {"REINDEX (TABLESPACE \"table\", VERBOSE) INDEX i", Kind::other},
    {"REINDEX SCHEMA s", Kind::non_transactional},
    {"REINDEX DATABASE d", Kind::non_transactional},
    {"REINDEX SYSTEM d", Kind::non_transactional},
    {"ALTER TABLE t DETACH PARTITION p", Kind::other},
    {"ALTER TABLE t DETACH PARTITION s.p CONCURRENTLY", Kind::non_transactional},
    {"ALTER TABLE t DETACH PARTITION p FINALIZE", Kind::other},
    {"ALTER TABLE t ADD a text DEFAULT 'DETACH CONCURRENTLY'", Kind::other},
    {"VACUUM", Kind::non_transactional},
    {"VACUUM (FULL) t", Kind::non_transactional},
    {"ANALYZE t", Kind::other},
    {"CLUSTER", Kind::non_transactional},
    {"CLUSTER VERBOSE", Kind::non_transactional},
    {"CLUSTER t USING i", Kind::other},
    {"CLUSTER (VERBOSE) t", Kind::other},
    {"CREATE DATABASE d", Kind::non_transactional},
    {"DROP DATABASE d", Kind::non_transactional},
    {"CREATE TABLESPACE x LOCATION '/x'", Kind::non_transactional},
    {"DROP TABLESPACE x", Kind::non_transactional},
    {"ALTER DATABASE d SET TABLESPACE x", Kind::non_transactional},
    {"ALTER DATABASE d TABLESPACE x", Kind::non_transactional},
    {"ALTER DATABASE d WITH TABLESPACE x", Kind::non_transactional},
    {"ALTER DATABASE d WITH CONNECTION LIMIT 5", Kind::other},
    {"ALTER DATABASE d SET work_mem = '1MB'", Kind::other},
    {"ALTER DATABASE tablespace RENAME TO y", Kind::other},
    {"ALTER SYSTEM SET work_mem = '1MB'", Kind::non_transactional},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", Kind::non_transactional},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)", Kind::other},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = off)", Kind::other},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = 0)", Kind::other},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = 'FALSE')",
     Kind::other},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot)",
     Kind::non_transactional},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (enabled = false)",
     Kind::non_transactional},
    {"DROP SUBSCRIPTION s", Kind::non_transactional},
    {"ALTER SUBSCRIPTION s REFRESH PUBLICATION", Kind::non_transactional},
    {"ALTER SUBSCRIPTION s SET PUBLICATION p", Kind::non_transactional},
    {"ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (refresh = false)", Kind::other},
    {"ALTER SUBSCRIPTION s DROP PUBLICATION p WITH (refresh)", Kind::non_transactional},
    {"ALTER SUBSCRIPTION s SET (slot_name = NONE)", Kind::other},
    {"ALTER SUBSCRIPTION s SET (failover = true)", Kind::non_transactional},
    {"ALTER SUBSCRIPTION s DISABLE", Kind::other},
    {"DISCARD ALL", Kind::non_transactional},
    {"DISCARD TEMP", Kind::other},
    {"LOCK TABLE t", Kind::other},
    {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", Kind::other},
    {"DO $$ BEGIN COMMIT; END $$", Kind::other},
    {"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN VACUUM; COMMIT; END $$",
     Kind::other},
    {"CREATE PROCEDURE p() BEGIN ATOMIC DELETE FROM t; END", Kind::other},
    {"CREATE TABLE t (vacuum int)", Kind::other},
    {"SELECT 'VACUUM'", Kind::other},
};

// Newer or unknown syntax: the key words decide.
const Cases unparsed = {
    {"COPY t FROM STDIN WITH (ON_ERROR ignore, LOG_VERBOSITY !)", Kind::copy_from_stdin},
    {"COPY t (a, b) FROM STDIN SOMETHING NEW", Kind::copy_from_stdin},
    {"REINDEX DATABASE", Kind::non_transactional},
    {"CLUSTER (VERBOSE)", Kind::non_transactional},
    {"REINDEX SYSTEM CONCURRENTLY", Kind::non_transactional},
    {"CREATE INDEX CONCURRENTLY i ON t SOME NEW CLAUSE", Kind::non_transactional},
    {"ALTER SUBSCRIPTION s REFRESH SEQUENCES", Kind::non_transactional},
    {"VACUUM (ONLY_NEW OPTION) ONLY t", Kind::non_transactional},
    {"ALTER TABLE t DETACH PARTITION p CONCURRENTLY NEWLY", Kind::non_transactional},
    {"ALTER TABLE t DETACH PARTITION 'CONCURRENTLY'", Kind::other},
    {"BEGIN SOME NEW MODE", Kind::begin_with_modes},
    {"COMMIT AND CHAIN NEWLY", Kind::commit_and_chain},
    {"COMMIT:", Kind::unclear_commit},
    {"COMMIT\nALTER TABLE t ADD a int", Kind::unclear_commit},
    {"END AND CHIAN", Kind::unclear_commit},
    {"COMMIT AND NO CHAIN NEWLY", Kind::commit},
    {"BEGIN \"quote never ends", Kind::begin_with_modes},
};

}  // namespace

TEST_CASE("key words and parser agree on what PostgreSQL 15 knows") {
  for (const auto& [text, kind] : parsed) {
    CAPTURE(text);
    CHECK(kind_by_keywords(text) == kind);
    CHECK(kind_by_parser(text) == kind);
    CHECK(classify(text) == kind);
  }
}

TEST_CASE("key words decide where the parser cannot") {
  for (const auto& [text, kind] : unparsed) {
    CAPTURE(text);
    CHECK(kind_by_parser(text) == std::nullopt);
    CHECK(classify(text) == kind);
  }
  CHECK(classify("") == Kind::other);
  CHECK(classify("-- only a comment") == Kind::other);
  CHECK(classify("(") == Kind::other);
}

TEST_CASE("a statement too long to parse is classified all the same") {
  const std::string values(std::size_t{2} << 20U, 'x');
  CHECK(classify("COPY t FROM STDIN WITH (NULL '" + values + "')") == Kind::copy_from_stdin);
}

TEST_CASE("the words by which people call a statement") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"create table if not exists a ()", "CREATE TABLE"},
      {"CREATE TEMP TABLE a ()", "CREATE TABLE"},
      {"CREATE UNLOGGED TABLE a ()", "CREATE TABLE"},
      {"CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY"},
      {"CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ $$", "CREATE FUNCTION"},
      {"CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t", "CREATE TRIGGER"},
      {"CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"},
      {"CREATE TEXT SEARCH CONFIGURATION c", "CREATE TEXT SEARCH CONFIGURATION"},
      {"DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY"},
      {"ALTER TABLE t ADD a int", "ALTER TABLE"},
      {"ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
       "ALTER TABLE DETACH PARTITION CONCURRENTLY"},
      {"ALTER TYPE s.t ADD VALUE 'x'", "ALTER TYPE ADD VALUE"},
      {"ALTER TYPE s.t ADD ATTRIBUTE x int", "ALTER TYPE"},
      {"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x", "ALTER DEFAULT PRIVILEGES"},
      {"REINDEX TABLE CONCURRENTLY t", "REINDEX TABLE CONCURRENTLY"},
      {"reindex index i", "REINDEX INDEX"},
      {"  -- x\n insert into t values (1)", "INSERT"},
      {"(((SELECT 1)))", "SELECT"},
      {"WITH a AS (SELECT 1) INSERT INTO t SELECT 1", "WITH"},
      {"REFRESH MATERIALIZED VIEW v", "REFRESH MATERIALIZED VIEW"},
      {"lock table t", "LOCK TABLE"},
      {"LOCK t", "LOCK"},
      {"ROLLBACK TO a", "ROLLBACK TO"},
      {"ROLLBACK", "ROLLBACK"},
      {"CREATE", "CREATE"},
      {"CREATE 'x'", "CREATE"},
      {"42", "statement"},
      {"", "statement"},
      {"\"quoted\"", "statement"},
  };
  for (const auto& [text, words] : cases) CHECK(command_words(text) == words);
}
