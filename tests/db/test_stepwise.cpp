// Scripts that cannot run in one transaction: every kind of statement runs, a run that stopped goes
// on where it stopped, and what is left behind never stands in the way.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <thread>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;
using std::chrono::milliseconds;

namespace {

// `applied 0001`, `started 0/3`, `statement_done 1/3`; a line a row, oldest first.
std::string journal(Project& project) {
  return project.db.rows(
      "SELECT event || coalesce(' ' || (detail->>'statement') || '/' || (detail->>'of'), '') "
      "FROM migrations_log ORDER BY id");
}

// `t_n valid`, `t_n2 invalid`; a line an index of t, by name.
std::string indexes(Project& project, const std::string& table = "t") {
  return project.db.rows(
      "SELECT c.relname || CASE WHEN i.indisvalid THEN ' valid' ELSE ' invalid' END "
      "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = " +
      quote_literal(table) + "::regclass ORDER BY c.relname");
}

int server_version(Project& project) {
  return std::stoi(project.db.value("SHOW server_version_num"));
}

// Runs `sql` on a session of its own and kills that once it waits for a lock: what a server process
// leaves behind that dies.
void kill_while_running(Project& project, const std::string& sql, const std::string& before = "") {
  Sql victim = project.db.connect();
  if (!before.empty()) victim.run(before);
  const int pid = victim.pid();
  std::thread running([&] { CHECK_THROWS(victim.run(sql)); });
  CHECK(becomes_true([&] {
    return project.db.connect().value(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = " +
               std::to_string(pid)) == "1";
  }));
  project.db.connect().run("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
  running.join();
}

}  // namespace

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
        "started 0/4\nstatement_done 1/4\nstatement_done 2/4\nstarted 3/4\nfailed\n");
  CHECK(indexes(project) == "t_n invalid\n");

  project.db.run("DELETE FROM t WHERE ctid = '(0,1)'");
  const Report again = project.up();
  CHECK(told(again) == "0001 done, 0002 done");
  CHECK(again.steps.at(0).statements == 2);
  CHECK(indexes(project) == "t_n valid\n");
  CHECK(project.db.rows("SELECT n FROM t ORDER BY n") == "1\n2\n");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
  CHECK(journal(project) ==
        "started 0/4\nstatement_done 1/4\nstatement_done 2/4\nstarted 3/4\nfailed\n"
        "statement_done 3/4\nstatement_done 4/4\napplied\napplied\n");
  REQUIRE(project.seen.remarks.size() == 1);
  CHECK(project.seen.remarks.at(0).message ==
        "an unfinished index is in the way: DROP INDEX CONCURRENTLY IF EXISTS public.t_n");
  CHECK(project.migrator().status().clean());
}

TEST_CASE("a script that changed half way is refused with two ways on that work") {
  Project project;
  const std::string first = "CREATE TABLE t (n integer);\nVACUUM t;\nSELECT 1/n FROM t;\n";
  const std::string failing = "CREATE TABLE t (n integer);\nVACUUM t;\nSELECT 1/0;\n";
  project.dir.pair("0001", "a", failing, "DROP TABLE t");
  CHECK(told(project.up()) == "0001 failed");
  project.dir.forward("0001", "a", first);
  CHECK(project.refusal() ==
        "the scripts cannot run; nothing was run\n"
        "sql/0001_a.sql: it changed after statement 2 of 3 was done\n"
        "  hint: restore the script and run again; or bring the database into order by hand, then "
        "`pgtide resolve --applied 0001` (finished) or `pgtide resolve --rolled-back 0001` "
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

TEST_CASE("an unfinished index never passes for a finished one") {
  Project project;
  project.db.run(
      "CREATE SCHEMA app; CREATE TABLE t (n integer, \"Name\" text); "
      "CREATE TABLE app.t (n integer); INSERT INTO t VALUES (1, 'a')");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (2, 'b'); INSERT INTO app.t VALUES (1)");
  std::string statement;
  std::string expected = "t_n valid\n";
  std::string table = "public.t";
  SUBCASE("of the same statement") {
    statement = "CREATE INDEX CONCURRENTLY t_n ON t (n)";
  }
  SUBCASE("IF NOT EXISTS") {
    statement = "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON public.t (n)";
  }
  SUBCASE("a name in quotes, a schema in the search path") {
    statement = "CREATE INDEX CONCURRENTLY \"T n\" ON t (n)";
    expected = "T n valid\n";
    table = "app.t";
  }
  SUBCASE("a name that the server cuts") {
    statement = "CREATE INDEX CONCURRENTLY t_" + std::string(70, 'x') + " ON t (n)";
    expected = "t_" + std::string(61, 'x') + " valid\n";
  }
  const std::string path = table == "app.t" ? "SET search_path = app;\n" : "";
  kill_while_running(project, statement, path);
  CHECK(indexes(project, table).ends_with(" invalid\n"));
  blocker.run("COMMIT");
  project.dir.pair("0001", "a", path + statement);
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(indexes(project, table) == expected);
}

TEST_CASE("an index without a name is built once, whatever happened before") {
  Project project;
  project.db.run("CREATE TABLE t (n integer, m integer); CREATE INDEX t_m_idx ON t (m)");
  project.dir.pair("0001", "a", "CREATE UNIQUE INDEX CONCURRENTLY ON t (n)");
  project.db.run("INSERT INTO t VALUES (1, 1), (1, 1)");
  CHECK(told(project.up()) == "0001 failed");
  CHECK(indexes(project) == "t_m_idx valid\nt_n_idx invalid\n");
  CHECK(told(project.up()) == "0001 failed");
  CHECK(indexes(project) == "t_m_idx valid\nt_n_idx invalid\n");
  project.db.run("DELETE FROM t");
  CHECK(told(project.up()) == "0001 done");
  CHECK(indexes(project) == "t_m_idx valid\nt_n_idx valid\n");
}

TEST_CASE("what an interrupted REINDEX CONCURRENTLY left is cleared away") {
  Project project;
  project.db.run("CREATE TABLE t (n integer); CREATE INDEX t_n ON t (n)");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (1)");
  kill_while_running(project, "REINDEX TABLE CONCURRENTLY t");
  CHECK(indexes(project) == "t_n valid\nt_n_ccnew invalid\n");
  blocker.run("COMMIT");
  SUBCASE("of the table") {
    project.dir.pair("0001", "a", "REINDEX TABLE CONCURRENTLY t");
  }
  SUBCASE("of the index") {
    project.dir.pair("0001", "a", "REINDEX INDEX CONCURRENTLY public.t_n");
  }
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(indexes(project) == "t_n valid\n");
}

TEST_CASE("what an interrupted DETACH PARTITION CONCURRENTLY left is finished") {
  Project project;
  if (server_version(project) < 140000) return;  // has no such statement
  project.db.run(
      "CREATE TABLE p (id integer) PARTITION BY RANGE (id); "
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; SELECT * FROM p");
  const std::string statement = "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY";
  kill_while_running(project, statement);
  CHECK(project.db.value("SELECT inhdetachpending FROM pg_inherits") == "t");
  blocker.run("COMMIT");
  project.dir.pair("0001", "a", statement);
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.db.value("SELECT count(*) FROM pg_inherits") == "0");
}

TEST_CASE("lock_timeout does not end the waits of CONCURRENTLY, but those of other statements") {
  Project project;
  project.settings.lock_timeout = milliseconds(100);
  project.settings.lock_retries = 0;
  project.db.run("CREATE TABLE t (n integer)");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (1)");
  SUBCASE("CONCURRENTLY") {
    project.dir.pair("0001", "a", "CREATE INDEX CONCURRENTLY t_n ON t (n);\nSELECT 1;");
    std::thread release([&] {
      CHECK(becomes_true(
          [&] { return project.db.is_running("CREATE INDEX CONCURRENTLY t_n ON t (n)"); }));
      std::this_thread::sleep_for(milliseconds(400));
      blocker.run("COMMIT");
    });
    const Report report = project.up();
    release.join();
    CHECK(failure(report, project.dir) == "");
    CHECK(indexes(project) == "t_n valid\n");
  }
  SUBCASE("VACUUM FULL would make everybody queue behind it") {
    project.dir.pair("0001", "a", "VACUUM FULL t");
    const Report report = project.up();
    REQUIRE(report.failure);
    CHECK(report.failure->sqlstate == "55P03");
    CHECK(report.failure->kind == FailureKind::environment);
    CHECK(report.failure->where.line == 1);
  }
  SUBCASE("the timeout is there again after CONCURRENTLY") {
    project.db.run("CREATE TABLE u (n integer)");
    project.dir.pair("0001", "a",
                     "CREATE INDEX CONCURRENTLY u_n ON u (n);\n"
                     "ALTER TABLE t ADD COLUMN m integer;");
    const Report report = project.up();
    REQUIRE(report.failure);
    CHECK(report.failure->sqlstate == "55P03");
    CHECK(report.failure->where.line == 2);
  }
}

TEST_CASE("two runners at the same time do not keep CONCURRENTLY waiting for ever") {
  Project project;
  project.db.run("CREATE TABLE t (n integer)");
  project.dir.pair("0001", "a", "CREATE INDEX CONCURRENTLY t_n ON t (n);\nVACUUM t;\n",
                   "DROP INDEX CONCURRENTLY t_n");
  project.dir.pair("0002", "b", "CREATE INDEX CONCURRENTLY t_n2 ON t (n)");
  std::vector<std::future<std::size_t>> runs;
  for (int i = 0; i < 3; ++i) {
    runs.push_back(std::async(std::launch::async, [settings = project.settings] {
      const Report report = Migrator(settings).up();
      CHECK_FALSE(report.failure);
      return report.count(StepOutcome::done);
    }));
  }
  std::size_t done = 0;
  for (auto& run : runs) done += run.get();
  CHECK(done == 2);
  CHECK(indexes(project) == "t_n valid\nt_n2 valid\n");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
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
                   "DISCARD ALL;\n"
                   "INSERT INTO who VALUES (4, current_user);\n"
                   "COPY who FROM stdin;\n5\tcopy\n\\.\n"
                   "INSERT INTO who VALUES (6, current_user || current_setting('lock_timeout'));\n",
                   "DROP TABLE who;\nVACUUM;\n");
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

TEST_CASE("a block between BEGIN and COMMIT is done as a whole or not at all") {
  Project project;
  std::string begin;
  SUBCASE("BEGIN") {
    begin = "BEGIN";
  }
  SUBCASE("with modes") {
    begin = "BEGIN ISOLATION LEVEL SERIALIZABLE";
  }
  SUBCASE("START TRANSACTION") {
    begin = "START TRANSACTION READ WRITE";
  }
  project.dir.pair("0001", "a",
                   "-- pgtide: no-transaction\n"
                   "CREATE TABLE t (n integer, iso text);\n" +
                       begin +
                       ";\n"
                       "LOCK TABLE t;\n"
                       "INSERT INTO t VALUES (1, current_setting('transaction_isolation'));\n"
                       "SAVEPOINT s;\n"
                       "INSERT INTO t VALUES (2, '');\n"
                       "ROLLBACK TO s;\n"
                       "SELECT 1/(SELECT count(*) FROM pg_class WHERE relname = 'go');\n"
                       "COMMIT;\n"
                       "INSERT INTO t VALUES (3, '');\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "sql/0001_a.sql:9:1 22012 division by zero");
  REQUIRE(report.failure);
  CHECK(report.failure->hint ==
        "what is done stays; `pgtide up` goes on at this statement's BEGIN");
  CHECK(project.db.value("SELECT count(*) FROM t") == "0");
  CHECK(project.migrator().status().entries.at(0).progress == "statement 1 of 10");
  project.db.run("CREATE TABLE go ()");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.rows("SELECT n FROM t ORDER BY n") == "1\n3\n");
  CHECK(project.db.value("SELECT iso FROM t WHERE n = 1") ==
        (begin.find("SERIALIZABLE") == std::string::npos ? "read committed" : "serializable"));
}

TEST_CASE("an error at the end of a statement's transaction is the script's") {
  Project project;
  project.dir.pair("0001", "a",
                   "-- pgtide: no-transaction\n"
                   "CREATE TABLE p (id integer PRIMARY KEY);\n"
                   "CREATE TABLE c (p_id integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n"
                   "\n  INSERT INTO c VALUES (7);\n");
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:5:3 23503 at the end of the transaction: insert or update on table \"c\" "
        "violates foreign key constraint \"c_p_id_fkey\"");
  CHECK(report.failure->source_line == "  INSERT INTO c VALUES (7)");
}

TEST_CASE("a procedure and a DO block may commit in a script without transaction") {
  Project project;
  const std::string procedure =
      "CREATE TABLE t (n integer);\n"
      "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$\n"
      "BEGIN\n"
      "  FOR i IN 1..3 LOOP\n"
      "    INSERT INTO t VALUES (i);\n"
      "    COMMIT;\n"
      "  END LOOP;\n"
      "END $$;\n"
      "CALL fill();\n"
      "DO $$ BEGIN INSERT INTO t VALUES (4); COMMIT; INSERT INTO t VALUES (5); END $$;\n";
  SUBCASE("there it runs") {
    project.dir.pair("0001", "a", "-- pgtide: no-transaction\n" + procedure);
    CHECK(failure(project.up(), project.dir) == "");
    CHECK(project.db.value("SELECT count(*) || '/' || count(DISTINCT xmin::text) FROM t") == "5/5");
    CHECK(journal(project) ==
          "started 0/4\nstatement_done 1/4\nstatement_done 2/4\nstarted 3/4\nstatement_done 3/4\n"
          "started 4/4\nstatement_done 4/4\napplied\n");
  }
  SUBCASE("elsewhere the hint tells how") {
    project.dir.pair("0001", "a", procedure);
    const Report report = project.up();
    REQUIRE(report.failure);
    CHECK(report.failure->sqlstate == "2D000");
    CHECK(report.failure->hint ==
          "this cannot run inside a transaction; write `-- pgtide: no-transaction` at the top of "
          "the script");
  }
}

TEST_CASE("a bad row of COPY in a script without transaction") {
  Project project;
  project.dir.pair("0001", "a",
                   "-- pgtide: no-transaction\n"
                   "CREATE TABLE t (id integer, name text);\n"
                   "COPY t FROM stdin;\n1\tone\n2\ttwö\nx\tthree\n\\.\n"
                   "SELECT 1;\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:6:1 22P02 invalid input syntax for type integer: \"x\"");
  REQUIRE(report.failure);
  CHECK(report.failure->source_line == "x\tthree");
  CHECK(project.db.value("SELECT count(*) FROM t") == "0");
  CHECK(project.migrator().status().entries.at(0).progress == "statement 1 of 3");
}

TEST_CASE("a script that changes while it runs is not recorded as applied") {
  Project project;
  const std::string first = "VACUUM;\nCREATE TABLE a ();\n";
  project.dir.pair("0001", "a", first);
  Migrator migrator = project.migrator();
  PreparedRun prepared = migrator.prepare({});
  struct Meddler : ports::Observer {
    Directory* dir = nullptr;
    void on_step_started(const Step&, std::size_t, std::size_t) override {
      dir->forward("0001", "a", "VACUUM;\nCREATE TABLE b ();\n");
    }
  } meddler;
  meddler.dir = &project.dir;
  const Report report = Migrator(project.settings, {.observer = &meddler}).up();
  REQUIRE(report.failure);
  CHECK(report.failure->message == "the script changed while it was running");
  CHECK(project.states() == "0001 in_progress ready\n");
  CHECK(project.refusal().find("it changed after statement 2 of 2 was done") != std::string::npos);
}

TEST_CASE("the run lock is lost half way") {
  Project project;
  project.dir.pair(
      "0001", "a",
      "-- pgtide: no-transaction\n"
      "CREATE TABLE a ();\n"
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
      "'pgtide lock' AND datname = current_database();\n"
      "SELECT pg_sleep(0.2);\n"
      "CREATE TABLE b ();\n");
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->message ==
        "the run lock was lost, so another runner may be at work; nothing of this transaction "
        "stays");
  CHECK_FALSE(report.failure->recorded);
  CHECK_FALSE(project.db.has_table("b"));
}

TEST_CASE("Ctrl-C stops between statements or in one, and the next run goes on") {
  Project project;
  TestInterrupt interrupt;
  project.interrupt = &interrupt;
  project.db.run("CREATE TABLE t (n integer)");
  project.dir.pair("0001", "a",
                   "CREATE INDEX CONCURRENTLY t_n ON t (n);\nINSERT INTO t VALUES (1);\n");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (7)");
  std::thread ctrl_c([&] {
    becomes_true([&] { return project.db.is_running("CREATE INDEX CONCURRENTLY t_n ON t (n)"); });
    interrupt.fire(SIGINT);
  });
  const Report report = project.up();
  ctrl_c.join();
  blocker.run("COMMIT");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(report.failure->signal == SIGINT);
  CHECK(report.failure->recorded);
  CHECK(project.states() == "0001 in_progress ready\n");
  project.interrupt = nullptr;
  CHECK(told(project.up()) == "0001 done");
  CHECK(indexes(project) == "t_n valid\n");
  CHECK(project.db.rows("SELECT n FROM t ORDER BY n") == "1\n7\n");
}

TEST_CASE("an interrupt between the statements of a transaction leaves none open") {
  Project project;
  TestInterrupt interrupt;
  struct Presser : ports::Observer {
    TestInterrupt* interrupt = nullptr;
    void on_server_notice(const ServerNotice&) override { interrupt->fire(SIGTERM); }
  } presser;
  presser.interrupt = &interrupt;
  project.dir.pair("0001", "a",
                   "CREATE TABLE a (n integer);\nDROP TABLE IF EXISTS nowhere;\n"
                   "COPY a FROM stdin;\n1\n\\.\nCREATE TABLE b ();\n");
  Migrator migrator(project.settings, {.observer = &presser, .interrupt = &interrupt});
  const Report report = migrator.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(report.failure->signal == SIGTERM);
  CHECK(project.db.value("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND "
                         "datname = current_database()") == "0");
  CHECK_FALSE(project.db.has_table("a"));
}

TEST_CASE("a dry run names what it cannot simulate, and simulates the rest") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (n integer)");
  project.dir.pair("0002", "b", "CREATE INDEX CONCURRENTLY a_n ON a (n);\nVACUUM a;\n");
  project.dir.pair("0003", "c", "INSERT INTO a VALUES (1)");
  const std::string before = project.db.dump();
  const Report report = project.dry_up();
  CHECK(told(report) == "0001 done, 0002 not_simulable, 0003 done");
  REQUIRE(report.steps.at(1).not_simulable.size() == 2);
  CHECK(report.steps.at(1).not_simulable.at(0).message ==
        "CREATE INDEX CONCURRENTLY cannot run inside a transaction");
  CHECK(report.steps.at(1).not_simulable.at(1).where.line == 2);
  CHECK(project.db.dump() == before);
}

TEST_CASE("a dry run names directives and batches that it cannot simulate, down as well as up") {
  const auto reasons = [](const Report& report) {
    std::string text;
    for (const Problem& reason : report.steps.at(0).not_simulable) {
      text += std::to_string(reason.where.line) + ": " + reason.message + "\n";
    }
    return text;
  };
  Project project;
  project.dir.pair("0001", "a",
                   "-- pgtide: no-transaction\nCREATE TABLE a (n integer);\nVACUUM a;\n"
                   "-- pgtide: batch size=5\nDELETE FROM a WHERE n < :batch_size;\n",
                   "-- pgtide: batch\n\n  DELETE FROM a;\nDROP TABLE a;\n");
  CHECK(reasons(project.dry_up()) ==
        "1: the directive lets the script run outside transactions\n"
        "3: VACUUM cannot run inside a transaction\n"
        "5: DELETE in batches, each in a transaction of its own\n");
  REQUIRE(failure(project.up(), project.dir) == "");
  CHECK(reasons(project.dry_down("0")) ==
        "3: DELETE in batches, each in a transaction of its own\n");
}
