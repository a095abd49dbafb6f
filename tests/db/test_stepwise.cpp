// Scripts that cannot run in one transaction: every kind of statement runs, and a run that stopped
// goes on where it stopped.
#include <doctest/doctest.h>

#include <string>

#include "support/db_stepwise.hpp"

using namespace pgtide;
using namespace pgtide::testing;

TEST_CASE("every kind of statement that PostgreSQL refuses in a transaction runs") {
  Project project;
  std::string sql =
      "CREATE TABLE t (id integer PRIMARY KEY, n integer);\n"
      "INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;\n"
      "CREATE INDEX CONCURRENTLY t_n ON t (n);\n"
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_n2 ON t (n);\n"
      "REINDEX INDEX CONCURRENTLY t_n;\n"
      "REINDEX (VERBOSE) TABLE CONCURRENTLY t;\n"
      "REINDEX SCHEMA CONCURRENTLY public;\n"
      "DROP INDEX CONCURRENTLY t_n2;\n"
      "VACUUM t;\n"
      "VACUUM (ANALYZE) t;\n"
      "VACUUM FULL t;\n"
      "CLUSTER;\n"
      "CREATE TABLE p (id integer) PARTITION BY RANGE (id);\n"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);\n"
      "CREATE DATABASE stepwise_kinds TEMPLATE template0;\n"
      "DROP DATABASE stepwise_kinds;\n"
      "ALTER SYSTEM SET log_min_duration_statement = '1h';\n"
      "ALTER SYSTEM RESET log_min_duration_statement;\n"
      "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false);\n"
      "ALTER SUBSCRIPTION s SET (slot_name = NONE);\n"
      "DROP SUBSCRIPTION s;\n"
      "CREATE TYPE mood AS ENUM ('sad');\n"
      "ALTER TYPE mood ADD VALUE 'glad';\n"
      "CREATE TABLE moods AS SELECT 'glad'::mood AS m;\n"
      "DISCARD ALL;\n";
  const int version = server_version(project);
  if (version >= 140000) sql += "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\n";
  if (version >= 150000) {
    sql +=
        "SET allow_in_place_tablespaces = on;\n"
        "CREATE TABLESPACE stepwise_space LOCATION '';\n"
        "DROP TABLESPACE stepwise_space;\n";
  }
  project.dir.pair("0001", "all", sql);
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(told(report) == "0001 done");
  CHECK(project.ledger() == "0001 all: applied\n");
  CHECK(indexes(project) == "t_n valid\nt_pkey valid\n");
  CHECK(project.db.value("SELECT m FROM moods") == "glad");
  CHECK(project.db.value("SELECT count(*) FROM pg_inherits") == (version >= 140000 ? "0" : "1"));
  CHECK(project.db.value("SELECT count(*) FROM pg_database WHERE datname = 'stepwise_kinds'") ==
        "0");
  CHECK(report.steps.at(0).statements == (version >= 150000 ? 29U : version >= 140000 ? 26U : 25U));
}

TEST_CASE("a script that fails half way keeps what is done and goes on there") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE t (n integer);\n"
                   "INSERT INTO t VALUES (1), (1);\n"
                   "CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n);\n"
                   "INSERT INTO t VALUES (2);\n");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  const Report report = project.up();
  CHECK(told(report) == "0001 failed, 0002 not_run");
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:3:1 23505 could not create unique index \"t_n\"");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(report.failure->recorded);
  CHECK(report.failure->detail == "Key (n)=(1) is duplicated.");
  CHECK(report.failure->hint == "what is done stays; `pgtide up` goes on at this statement");
  CHECK_FALSE(report.current);
  CHECK(project.states() == "0001 in_progress ready\n0002 pending ready\n");
  CHECK(project.migrator().status().entries.at(0).progress == "statement 2 of 4");
  CHECK(journal(project) ==
        "started 0/4\nstatement_done 1/4\nstatement_done 2/4\nstarted 3/4\nfailed 3/4\n");
  CHECK(indexes(project) == "t_n invalid\n");

  project.db.run("DELETE FROM t WHERE ctid = '(0,1)'");
  const Report again = project.up();
  CHECK(told(again) == "0001 done, 0002 done");
  CHECK(again.steps.at(0).statements == 2);
  CHECK(indexes(project) == "t_n valid\n");
  CHECK(project.db.rows("SELECT n FROM t ORDER BY n") == "1\n2\n");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
  CHECK(journal(project) ==
        "started 0/4\nstatement_done 1/4\nstatement_done 2/4\nstarted 3/4\nfailed 3/4\n"
        "started 3/4\nstatement_done 3/4\nstatement_done 4/4\napplied\napplied\n");
  REQUIRE(project.seen.remarks.size() == 1);
  CHECK(project.seen.remarks.at(0).message ==
        "an unfinished index is in the way: DROP INDEX CONCURRENTLY IF EXISTS public.t_n");
  CHECK(project.migrator().status().clean());
}

TEST_CASE("a script that changed half way is refused with two ways on that work") {
  Project project;
  const std::string first = "CREATE TABLE t (n bigint);\nVACUUM t;\nSELECT 1/n FROM t;\n";
  const std::string failing = "CREATE TABLE t (n integer);\nVACUUM t;\nSELECT 1/0;\n";
  project.dir.pair("0001", "a", failing, "DROP TABLE t");
  CHECK(told(project.up()) == "0001 failed");
  project.dir.forward("0001", "a", first);
  CHECK(
      project.refusal() ==
      "the scripts cannot run; nothing was run\n"
      "sql/0001_a.sql: it changed after statement 2 of 3 was done\n"
      "  hint: restore that part of the script and run again; or bring the database into order by "
      "hand, then `pgtide resolve --applied 0001` (finished) or `pgtide resolve --rolled-back "
      "0001` "
      "(undone)\n");
  CHECK(project.db.value("SELECT count(*) FROM migrations_log WHERE event = 'failed'") == "1");

  SUBCASE("the script is restored") {
    project.dir.forward("0001", "a", failing);
    project.db.run(
        "CREATE OR REPLACE FUNCTION public.zero() RETURNS integer LANGUAGE sql AS "
        "'SELECT 0'");
    CHECK(failure(project.up(), project.dir) == "sql/0001_a.sql:3:1 22012 division by zero");
  }
  SUBCASE("finished by hand") {
    CHECK(project.migrator().resolve_applied("0001").size() == 1);
    CHECK(project.ledger() == "0001 a: applied\n");
    CHECK(project.states() == "0001 applied ready\n");
    CHECK(told(project.up()) == "");
    CHECK(told(project.down("0")) == "0001 done");
    CHECK_FALSE(project.db.has_table("t"));
  }
  SUBCASE("undone by hand") {
    project.db.run("DROP TABLE t");
    CHECK(project.migrator().resolve_rolled_back("0001").size() == 1);
    CHECK(project.states() == "0001 rolled_back ready\n");
    CHECK(told(project.up()) == "0001 done");
    CHECK(project.ledger() == "0001 a: applied\n");
  }
}

TEST_CASE("a half applied migration cannot go down, and the hint tells what can be done") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE TABLE b ();\nVACUUM b;\nSELECT 1/count(*) FROM a;\n",
                   "DROP TABLE b");
  CHECK(told(project.up()) == "0001 done, 0002 failed");
  CHECK(project.refusal([&] { project.down("1"); }) ==
        "this cannot be done; nothing was run\n"
        "0002 (b) is half applied (statement 2 of 3)\n"
        "  hint: finish it with `pgtide up 0002`; or let its rollback script undo what is there: "
        "`pgtide resolve --applied 0002`, then this again\n");
  CHECK(project.db.has_table("b"));

  SUBCASE("finished") {
    project.db.run("ALTER TABLE a ADD COLUMN x integer; INSERT INTO a VALUES (1)");
    CHECK(told(project.up("0002")) == "0002 done");
    CHECK(told(project.down("1")) == "0002 done");
  }
  SUBCASE("undone by its rollback script") {
    project.migrator().resolve_applied("0002");
    CHECK(told(project.down("1")) == "0002 done");
  }
  CHECK_FALSE(project.db.has_table("b"));
  CHECK(project.states() == "0001 applied ready\n0002 rolled_back ready\n");
}

TEST_CASE("a rollback script that stops half way goes on, and nothing goes up meanwhile") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE t (n integer); CREATE INDEX t_n ON t (n)",
                   "DROP INDEX CONCURRENTLY t_n;\nSELECT 1/count(*) FROM t;\nDROP TABLE t;\n");
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b");
  CHECK(told(project.up()) == "0001 done, 0002 done");
  const Report report = project.down("0");
  CHECK(told(report) == "0002 done, 0001 failed");
  CHECK(failure(report, project.dir) == "rollback/0001_rollback.sql:2:1 22012 division by zero");
  CHECK(report.failure->hint ==
        "what is done stays; the same `pgtide down` goes on at this statement");
  CHECK(report.current == Version(1));
  CHECK(project.states() == "0001 in_progress ready\n0002 rolled_back ready\n");
  CHECK(project.refusal() ==
        "this cannot be done; nothing was run\n"
        "0001 (a) is half rolled back (statement 1 of 3)\n"
        "  hint: finish it with `pgtide down`, or finish by hand and record it with "
        "`pgtide resolve --rolled-back 0001`\n");

  SUBCASE("it goes on") {
    project.db.run("INSERT INTO t VALUES (1)");
    const Report again = project.down("0");
    CHECK(told(again) == "0001 done");
    CHECK(again.steps.at(0).statements == 2);
    CHECK_FALSE(project.db.has_table("t"));
    CHECK(project.ledger() == "0001 a: rolled back\n0002 b: rolled back\n");
    CHECK(told(project.up()) == "0001 done, 0002 done");
  }
  SUBCASE("finished by hand") {
    project.db.run("DROP TABLE t");
    project.migrator().resolve_rolled_back("0001");
    CHECK(told(project.up()) == "0001 done, 0002 done");
  }
  SUBCASE("undone by hand") {
    project.dir.rollback("0001", "DROP TABLE t; VACUUM;");
    const std::string refusal = project.refusal([&] { project.down("0"); });
    CHECK(refusal.find("it changed after statement 1 of 3 was done") != std::string::npos);
    CHECK(refusal.find("`pgtide resolve --rolled-back 0001` (finished) or `pgtide resolve "
                       "--applied 0001` (undone)") != std::string::npos);
    project.db.run("CREATE INDEX t_n ON t (n)");
    project.migrator().resolve_applied("0001");
    CHECK(project.states() == "0001 applied ready\n0002 rolled_back ready\n");
    CHECK(told(project.down("0")) == "0001 done");
    CHECK_FALSE(project.db.has_table("t"));
  }
}

TEST_CASE("statements run as the configured role, the journal is written as the login role") {
  Project project;
  project.db.run(
      "CREATE ROLE stepwise_owner; GRANT CREATE ON SCHEMA public TO stepwise_owner; "
      "CREATE SCHEMA ledger");
  project.settings.role = "stepwise_owner";
  project.settings.schema = "ledger";
  project.dir.pair("0001", "a",
                   "CREATE TABLE who (step integer, name text);\n"
                   "INSERT INTO who VALUES (1, current_user);\n"
                   "VACUUM;\n"
                   "INSERT INTO who VALUES (2, current_user);\n"
                   "BEGIN;\nINSERT INTO who VALUES (3, current_user);\nCOMMIT;\n"
                   "INSERT INTO who VALUES (4, current_user);\n"
                   "COPY who FROM stdin;\n5\tcopy\n\\.\n"
                   "INSERT INTO who VALUES (6, current_user || current_setting('lock_timeout'));\n",
                   "DROP TABLE who;\nVACUUM;\nDISCARD ALL;\n"
                   "CREATE TABLE later AS SELECT current_user || current_setting('lock_timeout') "
                   "AS name;\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(project.db.rows("SELECT step, name FROM who ORDER BY 1") ==
        "1|stepwise_owner\n2|stepwise_owner\n3|stepwise_owner\n4|stepwise_owner\n5|copy\n"
        "6|stepwise_owner5s\n");
  CHECK(project.db.value("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'who'") ==
        "stepwise_owner");
  CHECK(project.db.value("SELECT count(DISTINCT database_user) || max(database_user) FROM "
                         "ledger.migrations_log") == "1postgres");
  CHECK(told(project.down("0")) == "0001 done");
  CHECK(project.db.value("SELECT name FROM later") == "stepwise_owner5s");
  // On the way up it would lead to the login role.
  project.dir.forward("0001", "a", "VACUUM;\nDISCARD ALL;\n");
  CHECK(project.refusal().find("sql/0001_a.sql:2:1: DISCARD ALL takes the script back") !=
        std::string::npos);
  project.db.run("DROP OWNED BY stepwise_owner; DROP ROLE stepwise_owner");
}

TEST_CASE("a role that the script sets holds on, and never writes the journal") {
  Project project;
  project.db.run("CREATE ROLE stepwise_guest; GRANT CREATE ON SCHEMA public TO stepwise_guest");
  SUBCASE("SET ROLE") {
    project.dir.pair("0001", "a",
                     "SET ROLE stepwise_guest;\nCREATE TABLE a (u text);\n"
                     "INSERT INTO a VALUES (current_user);\nSELECT 1/count(*) FROM a WHERE u = "
                     "'x';\nRESET ROLE;\nVACUUM;\n");
  }
  SUBCASE("SET SESSION AUTHORIZATION") {
    project.dir.pair("0001", "a",
                     "SET SESSION AUTHORIZATION stepwise_guest;\nCREATE TABLE a (u text);\n"
                     "INSERT INTO a VALUES (current_user);\nSELECT 1/count(*) FROM a WHERE u = "
                     "'x';\nRESET SESSION AUTHORIZATION;\nVACUUM;\n");
  }
  CHECK(failure(project.up(), project.dir) == "sql/0001_a.sql:4:1 22012 division by zero");
  CHECK(project.db.value("SELECT u FROM a") == "stepwise_guest");
  project.db.run("UPDATE a SET u = 'x'");
  // The new session takes the role again: a table of its own is all that it may read.
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.db.value("SELECT string_agg(DISTINCT database_user, ' ') FROM migrations_log") ==
        "postgres");
  project.db.run("DROP OWNED BY stepwise_guest; DROP ROLE stepwise_guest");
}

TEST_CASE("what a script sets holds to its end, also in a new session, and not longer") {
  Project project;
  project.db.run("CREATE SCHEMA app; CREATE TABLE go (n integer)");
  project.dir.pair("0001", "a",
                   "SELECT pg_catalog.set_config('search_path', 'app', false);\n"
                   "SET work_mem = '7MB';\n"
                   "SET statement_timeout = '1min';\n"
                   "RESET statement_timeout;\n"
                   "SET LOCAL work_mem = '9MB';\n"
                   "VACUUM public.go;\n"
                   "SELECT 1/count(*) FROM public.go;\n"
                   "CREATE TABLE t AS SELECT current_setting('work_mem') AS w, "
                   "current_setting('statement_timeout') AS s;\n");
  project.dir.pair("0002", "b", "CREATE TABLE u ()");
  CHECK(told(project.up()) == "0001 failed, 0002 not_run");
  project.db.run("INSERT INTO go VALUES (1)");
  CHECK(told(project.up()) == "0001 done, 0002 done");
  CHECK(project.db.rows("SELECT * FROM app.t") == "7MB|0\n");
  CHECK(project.db.has_table("public.u"));
}

TEST_CASE("a session is clean after a script that ran outside transactions") {
  Project project;
  Migrator migrator = project.migrator();
  const std::string leave =
      "SET work_mem = '7MB';\nPREPARE p AS SELECT 1;\nCREATE TEMPORARY TABLE tt (n integer);\n"
      "LISTEN l;\nSELECT pg_advisory_lock(4711);\nVACUUM;\n";
  SUBCASE("that succeeds") {
    project.dir.pair("0001", "a", leave);
    CHECK(told(migrator.up()) == "0001 done");
  }
  SUBCASE("that fails") {
    project.dir.pair("0001", "a", leave + "SELECT 1/0;");
    CHECK(told(migrator.up()) == "0001 failed");
    migrator.resolve_applied("0001");
  }
  SUBCASE("that fails in a transaction of its own") {
    project.dir.pair("0001", "a",
                     "PREPARE p AS SELECT 1; SELECT pg_advisory_lock(4711); SELECT 1/0");
    CHECK(told(migrator.up()) == "0001 failed");
    migrator.resolve_applied("0001");
  }
  project.dir.pair("0002", "b",
                   "PREPARE p AS SELECT 1; CREATE TEMPORARY TABLE tt (n integer);"
                   "CREATE TABLE seen AS SELECT current_setting('work_mem') AS w, (SELECT count(*) "
                   "FROM pg_listening_channels()) AS l, (SELECT count(*) FROM pg_locks WHERE "
                   "locktype = 'advisory' AND objid = 4711) AS k");
  const Report report = migrator.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(project.db.rows("SELECT * FROM seen") == "4MB|0|0\n");
}
