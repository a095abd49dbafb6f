// Dry runs: everything runs, nothing stays, and what is said is what a real run would do.
#include <doctest/doctest.h>

#include <csignal>
#include <thread>

#include "engine/session_sql.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

std::string run_all(Sql& sql, const std::vector<Query>& queries) {
  for (const Query& query : queries) {
    const std::string state = sql.sqlstate(query.sql);
    if (state != "00000") return state + " " + query.sql;
  }
  return {};
}

}  // namespace

TEST_CASE("a dry run on an empty server leaves nothing behind") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id serial PRIMARY KEY); CREATE SCHEMA s;");
  project.dir.pair("0002", "b", "INSERT INTO a DEFAULT VALUES; CREATE TABLE s.b ();");
  const std::string before = project.db.dump();
  const Report report = project.dry_up();
  CHECK(told(report) == "0001 done, 0002 done");
  CHECK_FALSE(report.failure);
  CHECK(report.finish == Finish::roll_back);
  CHECK(report.current == Version(2));
  CHECK(project.db.dump() == before);
  CHECK_FALSE(project.db.has_table("migrations"));
  CHECK(project.seen.steps ==
        std::vector<std::string>{"0001 started", "0001 done", "0002 started", "0002 done"});
}

TEST_CASE("a dry run on a ledger changes neither tables nor rows") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer)", "DROP TABLE a");
  project.up();
  project.db.run("INSERT INTO a VALUES (1), (2)");
  project.dir.pair("0002", "b", "DELETE FROM a; ALTER TABLE a ADD COLUMN x integer");
  const std::string before = project.db.dump();
  SUBCASE("up") {
    CHECK(told(project.dry_up()) == "0002 done");
  }
  SUBCASE("down") {
    const Report report = project.dry_down("0");
    CHECK(told(report) == "0001 done");
    CHECK_FALSE(report.current);
  }
  SUBCASE("up that fails") {
    project.dir.pair("0003", "c", "CREATE TABLE c ();\n\n  SELECT wrong;");
    project.dir.pair("0004", "d", "CREATE TABLE d ()");
    const Report report = project.dry_up();
    CHECK(told(report) == "0002 done, 0003 failed, 0004 not_run");
    CHECK(failure(report, project.dir) ==
          "sql/0003_c.sql:3:10 42703 column \"wrong\" does not exist");
    REQUIRE(report.failure);
    CHECK_FALSE(report.failure->recorded);
    CHECK(report.failure->kind == FailureKind::migration);
  }
  SUBCASE("down that fails") {
    project.db.run("CREATE VIEW v AS SELECT * FROM a");
    const std::string with_view = project.db.dump();
    CHECK(told(project.dry_down("0")) == "0001 failed");
    CHECK(project.db.dump() == with_view);
    project.db.run("DROP VIEW v");
  }
  CHECK(project.db.dump() == before);
}

TEST_CASE("a dry run tells what each kind of statement touched") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE a (id integer);\n"
                   "INSERT INTO a SELECT generate_series(1, 10);\n"
                   "UPDATE a SET id = 0 WHERE id > 7;\n"
                   "INSERT INTO a VALUES (11);\n"
                   "DELETE FROM a WHERE id = 0;\n"
                   "COPY a FROM STDIN;\n1\n2\n\\.\n"
                   "CREATE TABLE b AS SELECT * FROM a;\n"
                   "SELECT * FROM a;");
  for (const Report& report : {project.dry_up(), project.up()}) {
    REQUIRE(told(report) == "0001 done");
    CHECK(report.steps[0].statements == 8);
    CHECK(tallies(report.steps[0]) ==
          "CREATE TABLE 1/0, INSERT 2/11, UPDATE 1/3, DELETE 1/3, COPY 1/2, SELECT 2/20");
  }
}

TEST_CASE("the commit guard makes the server refuse COMMIT") {
  Project project;
  Sql sql = project.db.connect();
  sql.run("BEGIN; CREATE TABLE a ()");
  CHECK(run_all(sql, engine::arm_commit_guard()) == "");
  SUBCASE("at once") {}
  SUBCASE("when it was taken off and put on again") {
    CHECK(run_all(sql, engine::disarm_commit_guard()) == "");
    CHECK(sql.sqlstate("SET CONSTRAINTS ALL IMMEDIATE") == "00000");
    CHECK(run_all(sql, engine::rearm_commit_guard()) == "");
  }
  SUBCASE("behind savepoints") {
    sql.run("SAVEPOINT x; CREATE TABLE b (); ROLLBACK TO x; RELEASE x");
  }
  SUBCASE("as another role") {
    sql.run("SET ROLE pg_monitor");
    CHECK(run_all(sql, engine::disarm_commit_guard()) == "");
    CHECK(run_all(sql, engine::rearm_commit_guard()) == "");
  }
  SUBCASE("with triggers switched off by then") {
    sql.run("SET session_replication_role = replica");
  }
  CHECK(sql.sqlstate("COMMIT") == "23503");
  CHECK_FALSE(project.db.has_table("a"));
}

TEST_CASE("a script cannot commit a dry run") {
  Project project;
  project.db.run(
      "CREATE PROCEDURE sneak() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE sneaked (); COMMIT; END "
      "$$");
  const std::string before = project.db.dump();
  SUBCASE("by BEGIN and COMMIT") {
    project.dir.pair("0001", "a", "BEGIN; CREATE TABLE a (); COMMIT; CREATE TABLE b ();");
    CHECK(told(project.dry_up()) == "0001 done");
  }
  SUBCASE("by a procedure") {
    project.dir.pair("0001", "a", "CALL sneak()");
    CHECK(told(project.dry_up()) == "0001 failed");
  }
  SUBCASE("by a DO block") {
    project.dir.pair("0001", "a", "DO $$ BEGIN CREATE TABLE sneaked (); COMMIT; END $$");
    CHECK(told(project.dry_up()) == "0001 failed");
  }
  CHECK(project.db.dump() == before);
}

TEST_CASE("deferred constraints are checked as COMMIT would check them") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE p (id integer PRIMARY KEY);"
                   "CREATE TABLE c (id integer CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY "
                   "DEFERRED);");
  SUBCASE("a violation is found, in its own migration") {
    project.dir.pair("0002", "b", "INSERT INTO c VALUES (7)");
    project.dir.pair("0003", "c", "INSERT INTO p VALUES (7)");
    const Report report = project.dry_up();
    CHECK(told(report) == "0001 done, 0002 failed, 0003 not_run");
    REQUIRE(report.failure);
    CHECK(report.failure->sqlstate == "23503");
    CHECK(report.failure->kind == FailureKind::migration);
  }
  SUBCASE("no violation by the end of the migration") {
    project.dir.pair("0002", "b", "INSERT INTO c VALUES (7); INSERT INTO p VALUES (7)");
    project.dir.pair("0003", "c",
                     "ALTER TABLE c ADD COLUMN x integer; ALTER TABLE p ADD COLUMN y int");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 done");
  }
  SUBCASE("the next migration finds them deferred again") {
    project.dir.pair("0002", "b", "INSERT INTO p VALUES (1)");
    project.dir.pair("0003", "c", "INSERT INTO c VALUES (7); INSERT INTO p VALUES (7)");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 done");
  }
  SUBCASE("an immediate one that a script deferred is immediate in the next") {
    project.dir.forward("0001", "a",
                        "CREATE TABLE p (id integer PRIMARY KEY);"
                        "CREATE TABLE c (id integer CONSTRAINT c_p REFERENCES p DEFERRABLE);");
    project.dir.pair("0002", "b",
                     "SET CONSTRAINTS ALL DEFERRED;"
                     "INSERT INTO c VALUES (7); INSERT INTO p VALUES (7)");
    project.dir.pair("0003", "c", "SELECT 1;\nINSERT INTO c VALUES (8); INSERT INTO p VALUES (8)");
    // What SET CONSTRAINTS ALL did cannot be undone completely, so nothing is claimed.
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 not_simulable");
    CHECK(told(project.up()) == "0001 done, 0002 done, 0003 failed");
  }
  SUBCASE("a script may check them all itself") {
    project.dir.pair("0002", "b",
                     "INSERT INTO c VALUES (7); INSERT INTO p VALUES (7);"
                     "SET CONSTRAINTS ALL IMMEDIATE;"
                     "ALTER TABLE c ADD COLUMN x integer; SET CONSTRAINTS ALL DEFERRED;");
    project.dir.pair("0003", "c", "INSERT INTO c VALUES (8); INSERT INTO p VALUES (8)");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 done");
  }
  SUBCASE("what a script finds by checking itself is its failure") {
    project.dir.pair("0002", "b", "INSERT INTO c VALUES (7);\nSET CONSTRAINTS ALL IMMEDIATE;");
    const Report report = project.dry_up();
    CHECK(told(report) == "0001 done, 0002 failed");
    CHECK(report.failure->where.line == 2);
    CHECK(report.failure->sqlstate == "23503");
  }
  SUBCASE("a check hidden in a function is not called the script's fault") {
    project.dir.pair("0002", "b", "DO $$ BEGIN SET CONSTRAINTS ALL IMMEDIATE; END $$");
    const Report report = project.dry_up();
    CHECK(told(report) == "0001 done, 0002 not_simulable");
    CHECK_FALSE(report.failure);
    CHECK(told(project.up()) == "0001 done, 0002 done");
  }
  SUBCASE("what a script sets for all is never called a failure of the next one") {
    project.dir.pair("0002", "b", "SET CONSTRAINTS ALL IMMEDIATE;");
    project.dir.pair("0003", "d",
                     "CREATE TABLE d (id integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
                     "INSERT INTO d VALUES (7); INSERT INTO p VALUES (7)");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 not_simulable");
    CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done");
  }
  SUBCASE("another constraint of the same name cannot be deferred") {
    project.dir.pair("0002", "d", "CREATE TABLE d (id integer CONSTRAINT c_p REFERENCES p)");
    project.dir.pair("0003", "e", "INSERT INTO c VALUES (8); INSERT INTO p VALUES (8)");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 done");
    CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done");
  }
  SUBCASE("another constraint of the same name is immediate") {
    project.dir.pair("0002", "d",
                     "CREATE TABLE d (id integer CONSTRAINT c_p REFERENCES p DEFERRABLE)");
    project.dir.pair("0003", "e", "SELECT 1;\nINSERT INTO d VALUES (8); INSERT INTO p VALUES (8)");
    const std::string real_place = "0001 done, 0002 done, 0003 failed";
    CHECK(told(project.dry_up()) == real_place);
    CHECK(told(project.up()) == real_place);
  }
}

TEST_CASE("constraints in a schema that the role may not use are no obstacle to a dry run") {
  Project project;
  project.db.run(
      "CREATE ROLE guest LOGIN; GRANT CREATE ON SCHEMA public TO guest;"
      "CREATE SCHEMA closed; CREATE TABLE closed.p (id integer PRIMARY KEY);"
      "CREATE TABLE closed.c (id integer REFERENCES closed.p DEFERRABLE INITIALLY DEFERRED)");
  project.settings.url = project.db.conninfo("user=guest");
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  const Report report = project.dry_up();
  CHECK(told(report) == "0001 done");
  CHECK(failure(report, project.dir) == "");
  project.db.run("DROP OWNED BY guest; DROP ROLE guest");
}

TEST_CASE("what a session loses at COMMIT is lost between the steps of a dry run") {
  Project project;
  SUBCASE("a temporary table") {
    const std::string script =
        "CREATE TEMPORARY TABLE t (id serial); INSERT INTO t DEFAULT VALUES;";
    project.dir.pair("0001", "a", script);
    project.dir.pair("0002", "b", script);
    project.dir.pair("0003", "c", script + "CREATE TEMPORARY VIEW v AS SELECT * FROM t");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done, 0003 done");
  }
  SUBCASE("a temporary table with a deferred constraint") {
    const std::string script =
        "CREATE TEMPORARY TABLE p (id integer PRIMARY KEY);"
        "CREATE TEMPORARY TABLE c (id integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO c VALUES (1); INSERT INTO p VALUES (1)";
    project.dir.pair("0001", "a", script);
    project.dir.pair("0002", "b", script);
    CHECK(told(project.dry_up()) == "0001 done, 0002 done");
    CHECK(told(project.up()) == "0001 done, 0002 done");
  }
  SUBCASE("other temporary objects") {
    const std::string script =
        "CREATE TYPE pg_temp.mood AS ENUM ('sad'); CREATE DOMAIN pg_temp.d AS integer;"
        "CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';"
        "CREATE TEMPORARY SEQUENCE s; CREATE TYPE pg_temp.pair AS (a integer);";
    project.dir.pair("0001", "a", script);
    project.dir.pair("0002", "b", script);
    CHECK(told(project.dry_up()) == "0001 done, 0002 done");
  }
  SUBCASE("a prepared statement") {
    project.dir.pair("0001", "a", "PREPARE p AS SELECT 1; EXECUTE p");
    project.dir.pair("0002", "b", "PREPARE p AS SELECT 2; EXECUTE p");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done");
  }
  SUBCASE("a cursor") {
    project.dir.pair("0001", "a",
                     "CREATE TABLE a (id integer); DECLARE c CURSOR FOR SELECT * FROM a; FETCH c");
    project.dir.pair("0002", "b", "ALTER TABLE a ADD COLUMN x integer; DROP TABLE a");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done");
  }
  SUBCASE("a setting, a role") {
    project.dir.pair("0001", "a",
                     "SET search_path = ''; SET ROLE pg_monitor; SET statement_timeout = 1");
    project.dir.pair("0002", "b", "CREATE TABLE a (); SELECT pg_sleep(0.01)");
    CHECK(told(project.dry_up()) == "0001 done, 0002 done");
  }
}

TEST_CASE("a step that discards temporary tables can be simulated, or is said not to be") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TEMPORARY TABLE t (); DISCARD TEMP; CREATE TEMPORARY TABLE t ()");
  REQUIRE(told(project.up()) == "0001 done");
  project.down("0");
  const Report report = project.dry_up();
  CHECK(report.count(StepOutcome::failed) == 0);
  CHECK_FALSE(report.failure);
}

TEST_CASE("an enum label that the next migration uses cannot be simulated") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood);");
  REQUIRE(told(project.up()) == "0001 done");
  project.dir.pair("0002", "b", "ALTER TYPE mood ADD VALUE 'happy'");
  project.dir.pair("0003", "c", "SELECT 1;\nINSERT INTO t VALUES ('happy');");
  project.dir.pair("0004", "d", "CREATE TABLE d ()");
  const Report report = project.dry_up();
  CHECK(report.steps[0].outcome == StepOutcome::done);
  CHECK(report.steps[1].outcome == StepOutcome::not_simulable);
  CHECK(report.count(StepOutcome::failed) == 0);
  CHECK_FALSE(report.failure);
  REQUIRE(report.steps[1].not_simulable.size() == 1);
  CHECK(report.steps[1].not_simulable[0].where.line == 2);
  CHECK(told(project.up()) == "0002 done, 0003 done, 0004 done");
}

TEST_CASE("an interrupted dry run is told as interrupted and leaves nothing") {
  Project project;
  TestInterrupt interrupt;
  project.interrupt = &interrupt;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", "SELECT pg_sleep(30)");
  std::thread ctrl_c([&] {
    if (becomes_true([&] { return project.db.is_running("SELECT pg_sleep(30)"); }))
      interrupt.fire(SIGINT);
  });
  const Report report = project.dry_up();
  ctrl_c.join();
  CHECK(told(report) == "0001 done, 0002 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(report.failure->signal == SIGINT);
  CHECK_FALSE(project.db.has_table("a"));
  CHECK_FALSE(project.db.has_table("migrations"));
}

TEST_CASE("a dry run waits for a lock no longer than its own limit, and takes no run lock") {
  Project project;
  project.db.run("CREATE TABLE busy ()");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; LOCK TABLE busy");
  project.dir.pair("0001", "a", "ALTER TABLE busy ADD COLUMN x integer");
  project.settings.lock_timeout = std::chrono::milliseconds(0);
  project.settings.dry_run_lock_timeout = std::chrono::milliseconds(50);
  const Report report = project.dry_up();
  REQUIRE(report.failure);
  CHECK(report.failure->sqlstate == "55P03");
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.duration_ms < 2000);
}

TEST_CASE("a dry run leaves sequences where they were, and never takes one back") {
  Project project;
  project.db.run(
      "CREATE TABLE o (id serial PRIMARY KEY); INSERT INTO o SELECT FROM generate_series(1, 5);"
      "CREATE SEQUENCE down_from INCREMENT -1; SELECT nextval('down_from');"
      "CREATE SEQUENCE \"Never used\" START 7; CREATE SEQUENCE counting;"
      "CREATE SEQUENCE rounds CYCLE MAXVALUE 9; SELECT setval('rounds', 8)");
  const auto message = [](const Report& report) {
    std::string all;
    for (const Problem& one : report.left_behind) all += one.message + "\n";
    return all;
  };
  const auto next = [&](const char* sequence) {
    return project.db.value(std::string("SELECT nextval('") + sequence + "')");
  };
  SUBCASE("set back") {
    project.dir.pair("0001", "a",
                     "TRUNCATE o; SELECT setval('o_id_seq', 1, false); DO $$ BEGIN PERFORM "
                     "setval('down_from', -1, false); PERFORM setval('\"Never used\"', 1, false); "
                     "END $$");
    const Report report = project.dry_up();
    CHECK(told(report) == "0001 done");
    project.db.run("INSERT INTO o DEFAULT VALUES");
    CHECK(project.db.value("SELECT max(id) FROM o") == "6");
    CHECK(next("down_from") == "-2");
    CHECK(next("\"Never used\"") == "7");
    CHECK(message(report).find("public.o_id_seq was set to 1 and is put back to 5") !=
          std::string::npos);
  }
  SUBCASE("transactional by itself") {
    project.dir.pair("0001", "a",
                     "TRUNCATE o RESTART IDENTITY; ALTER SEQUENCE down_from RESTART WITH -1; DROP "
                     "SEQUENCE counting; ALTER SEQUENCE \"Never used\" RESTART WITH 100; SELECT "
                     "setval('\"Never used\"', 50)");
    CHECK(message(project.dry_up()) == "");
    CHECK(next("o_id_seq") == "6");
    CHECK(next("down_from") == "-2");
    CHECK(next("\"Never used\"") == "7");
  }
  SUBCASE("gone on is named and stays") {
    project.dir.pair("0001", "a", "SELECT setval('counting', 100); INSERT INTO o DEFAULT VALUES");
    const Report report = project.dry_up();
    CHECK(message(report).find("public.counting went on from 1 to 100") != std::string::npos);
    CHECK(message(report).find("public.o_id_seq went on from 5 to 6") != std::string::npos);
    CHECK(next("o_id_seq") == "7");
  }
  SUBCASE("what numbers pgtide's own rows is not named") {
    project.dir.pair("0001", "a", "SELECT 1");
    REQUIRE(told(project.up()) == "0001 done");
    project.dir.pair("0002", "b", "SELECT setval('counting', 7)");
    CHECK(message(project.dry_up()) ==
          "the sequence public.counting went on from 1 to 7, here or for others: numbers between "
          "are left out\n");
  }
  SUBCASE("one that comes round is named and left alone") {
    project.dir.pair("0001", "a", "SELECT setval('rounds', 2)");
    const Report report = project.dry_up();
    CHECK(message(report).find("public.rounds is at 2, and was at 8") != std::string::npos);
    CHECK(next("rounds") == "3");
  }
  SUBCASE("others went on meanwhile") {
    // Their numbers are taken while the dry run sleeps, before its setval().
    project.dir.pair("0001", "a",
                     "SELECT pg_sleep(0.5); SELECT setval('o_id_seq', 1, false); SELECT 1");
    std::thread application([&] {
      Sql sql = project.db.connect();
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
      sql.run("INSERT INTO o SELECT FROM generate_series(1, 20)");
    });
    project.dry_up();
    application.join();
    CHECK(std::stoi(next("o_id_seq")) > 25);
    project.db.run("INSERT INTO o DEFAULT VALUES");
  }
  SUBCASE("a failed dry run, too") {
    project.dir.pair("0001", "a", "SELECT setval('o_id_seq', 1, false); SELECT wrong");
    CHECK(told(project.dry_up()) == "0001 failed");
    CHECK(next("o_id_seq") == "6");
  }
}

TEST_CASE("a dry run names with its line what no rollback takes back") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1;\nCOPY (SELECT 1) TO PROGRAM 'cat > /dev/null'");
  const Report report = project.dry_up();
  REQUIRE(report.left_behind.size() == 1);
  CHECK(report.left_behind[0].message == "COPY … TO PROGRAM");
  CHECK(report.left_behind[0].where.line == 2);
}
