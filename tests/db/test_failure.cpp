// A migration that fails: what stays, what is recorded, and where the report points.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

TEST_CASE("what succeeded before a failure stays, nothing behind it runs") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ();");
  project.dir.pair("0002", "b", "CREATE TABLE b ();");
  project.dir.pair("0003", "c", "CREATE TABLE c ();\nSELECT * FROM nowhere;\nCREATE TABLE c2 ();");
  project.dir.pair("0004", "d", "CREATE TABLE d ();");
  const Report report = project.up();

  CHECK(told(report) == "0001 done, 0002 done, 0003 failed, 0004 not_run");
  CHECK(failure(report, project.dir) ==
        "sql/0003_c.sql:2:15 42P01 relation \"nowhere\" does not exist");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(report.failure->source_line == "SELECT * FROM nowhere");
  CHECK(report.failure->step == 2);
  CHECK(report.failure->recorded);
  CHECK(report.current == Version(2));
  CHECK(project.db.rows("SELECT relname FROM pg_class WHERE relname ~ '^[abcd]2?$' ORDER BY 1") ==
        "a\nb\n");
  CHECK(project.ledger() ==
        "0001 a: applied\n"
        "0002 b: applied\n"
        "0003 c: failed, sql/0003_c.sql:2:15: relation \"nowhere\" does not exist (42P01)\n");
  CHECK(project.log() ==
        "up applied 0001, rollback stored\n"
        "up applied 0002, rollback stored\n"
        "up failed 0003: sql/0003_c.sql:2:15: relation \"nowhere\" does not exist (42P01)\n");
  CHECK(project.seen.steps == std::vector<std::string>{"0001 started", "0001 done", "0002 started",
                                                       "0002 done", "0003 started", "0003 failed"});

  SUBCASE("the file is mended and the run goes on from there") {
    project.dir.forward("0003", "c", "CREATE TABLE c ();");
    CHECK(told(project.up()) == "0003 done, 0004 done");
    CHECK(project.ledger() ==
          "0001 a: applied\n0002 b: applied\n0003 c: applied\n0004 d: applied\n");
  }
  SUBCASE("it fails again and the row holds the newer error") {
    project.dir.forward("0003", "c", "SELECT 1/0;");
    CHECK(told(project.up()) == "0003 failed, 0004 not_run");
    CHECK(project.ledger() ==
          "0001 a: applied\n0002 b: applied\n"
          "0003 c: failed, sql/0003_c.sql:1:1: division by zero (22012)\n");
  }
  SUBCASE("what is applied goes down, the failed one is left alone") {
    CHECK(told(project.down("0")) == "0002 done, 0001 done");
    CHECK(project.ledger() ==
          "0001 a: rolled back\n0002 b: rolled back\n"
          "0003 c: failed, sql/0003_c.sql:2:15: relation \"nowhere\" does not exist (42P01)\n");
  }
}

TEST_CASE("the first migration fails on an empty server") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (); SELECT 1/0");
  CHECK(told(project.up()) == "0001 failed");
  CHECK(project.ledger() == "0001 a: failed, sql/0001_a.sql:1:20: division by zero (22012)\n");
  CHECK_FALSE(project.db.has_table("a"));
}

TEST_CASE("the position of an error") {
  Project project;
  const auto where = [&](const std::string& sql) {
    project.dir.pair("0001", "a", sql);
    return failure(project.up(), project.dir);
  };
  SUBCASE("in the middle of a statement of several lines") {
    CHECK(where("-- title\nSELECT 1;\n\n  SELECT 1,\n\t\twrong\nFROM pg_class;") ==
          "sql/0001_a.sql:5:3 42703 column \"wrong\" does not exist");
  }
  SUBCASE("behind characters of several bytes") {
    CHECK(where("SELECT 'ä€😀', wrong;") ==
          "sql/0001_a.sql:1:15 42703 column \"wrong\" does not exist");
    CHECK(where("SELECT 'ä€😀'; SELECT 'é', wrong;") ==
          "sql/0001_a.sql:1:27 42703 column \"wrong\" does not exist");
  }
  SUBCASE("behind a byte-order mark and CRLF") {
    CHECK(where("\xEF\xBB\xBFSELECT 1;\r\nSELECT 1,\r\n  wrong;\r\n") ==
          "sql/0001_a.sql:3:3 42703 column \"wrong\" does not exist");
  }
  SUBCASE("at the end of the script") {
    CHECK(where("SELECT 1;\nSELECT 1 +\n") ==
          "sql/0001_a.sql:2:11 42601 syntax error at end of input");
  }
  SUBCASE("without a position of its own it is the statement's begin") {
    CHECK(where("SELECT 1;\n\n/* why */\n  SELECT 1/0;") ==
          "sql/0001_a.sql:4:3 22012 division by zero");
  }
  SUBCASE("a function whose body does not parse") {
    const std::string at = where(
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$\n"
        "  SELECT wrong\n"
        "$$;");
    CHECK(at == "sql/0001_a.sql:2:10 42703 column \"wrong\" does not exist");
  }
  SUBCASE("a plpgsql body with a syntax error") {
    const std::string at = where(
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF true THAN\n"
        "  END IF;\n"
        "END $$;");
    CHECK(at == "sql/0001_a.sql:4:9 42601 missing \"THEN\" at end of SQL expression");
  }
}

TEST_CASE("the statement inside a DO block that failed is told") {
  Project project;
  project.dir.pair("0001", "a",
                   "SELECT 1;\n"
                   "DO $$\n"
                   "BEGIN\n"
                   "  PERFORM 1;\n"
                   "  UPDATE nowhere SET x = 1;\n"
                   "END $$;");
  const Report report = project.up();
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:5:10 42P01 relation \"nowhere\" does not exist");
  REQUIRE(report.failure);
  CHECK(report.failure->source_line == "  UPDATE nowhere SET x = 1;");
  CHECK(report.failure->context.find("line 4 at SQL statement") != std::string::npos);
}

TEST_CASE("detail, hint and context of the server are kept") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE a (id integer PRIMARY KEY);\n"
                   "INSERT INTO a VALUES (1), (1);");
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->detail == "Key (id)=(1) already exists.");
  CHECK(report.failure->sqlstate == "23505");

  project.dir.pair("0001", "a",
                   "DO $$ BEGIN RAISE 'no' USING HINT = 'try yes', DETAIL = 'why'; END $$");
  const Report raised = project.up();
  REQUIRE(raised.failure);
  CHECK(raised.failure->message == "no");
  CHECK(raised.failure->server_hint == "try yes");
  CHECK(raised.failure->detail == "why");
}

TEST_CASE("a row of COPY that is refused is found in the file") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE a (id integer, name text);\n"
                   "COPY a FROM STDIN;\n"
                   "1\tone\n"
                   "2\ttwo\n"
                   "x\tthree\n"
                   "\\.\n"
                   "CREATE TABLE b ();\n");
  CHECK(failure(project.up(), project.dir) ==
        "sql/0001_a.sql:5:1 22P02 invalid input syntax for type integer: \"x\"");
  CHECK_FALSE(project.db.has_table("a"));

  project.dir.forward("0001", "a",
                      "CREATE TABLE a (id integer, name text);\n"
                      "COPY a FROM STDIN;\n1\tone\n2\ttwo\n\\.\n"
                      "INSERT INTO a VALUES (3, 'three');\n");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.rows("SELECT * FROM a ORDER BY id") == "1|one\n2|two\n3|three\n");
}

TEST_CASE("a COPY of the second migration fails: the first one stays") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer);\nCOPY a FROM STDIN;\n1\n\\.\n");
  project.dir.pair("0002", "b", "CREATE TABLE b (id integer);\nCOPY b FROM STDIN;\nx\n\\.\n");
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  CHECK(told(project.up()) == "0001 done, 0002 failed, 0003 not_run");
  CHECK(project.db.value("SELECT count(*) FROM a") == "1");
  CHECK_FALSE(project.db.has_table("b"));
}

TEST_CASE("a deferred constraint that fails at COMMIT") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer PRIMARY KEY)");
  project.dir.pair("0002", "b",
                   "CREATE TABLE b (a_id integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
                   "INSERT INTO b VALUES (7);");
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  const Report report = project.up();
  CHECK(told(report) == "0001 done, 0002 failed, 0003 not_run");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(report.failure->sqlstate == "23503");
  CHECK(report.failure->detail == "Key (a_id)=(7) is not present in table \"a\".");
  CHECK_FALSE(project.db.has_table("b"));
  CHECK(project.ledger().starts_with(
      "0001 a: applied\n0002 b: failed, sql/0002_b.sql: at the end of the transaction: "));
}

TEST_CASE("a script that drops pgtide's tables fails and leaves them") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  CHECK(told(project.up()) == "0001 done");
  project.dir.pair(
      "0002", "b",
      "CREATE TABLE b (); DROP VIEW migration_health; DROP TABLE migrations, migrations_log");
  const Report report = project.up();
  CHECK(told(report) == "0002 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->message.find("migrations") != std::string::npos);
  CHECK(report.failure->recorded);
  CHECK_FALSE(project.db.has_table("b"));
  CHECK(project.ledger().starts_with("0001 a: applied\n0002 b: failed, "));
}

TEST_CASE("a script that writes its own ledger row does not keep it") {
  Project project;
  project.dir.pair("0001", "a",
                   "INSERT INTO migrations (version, name, success) VALUES ('0001', 'mine', true)");
  const Report report = project.up();
  CHECK(told(report) == "0001 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->message ==
        "the server did not write the rows of \"public\".\"migrations\" and "
        "\"public\".\"migrations_log\" as meant; nothing of this transaction stays");
  CHECK(project.ledger() == "0001 a: failed, sql/0001_a.sql: " + report.failure->message + "\n");
  CHECK(project.db.value("SELECT count(*) FROM migrations WHERE name = 'mine'") == "0");
  CHECK(project.log() == "up failed 0001: sql/0001_a.sql: " + report.failure->message + "\n");
}

TEST_CASE("timeouts end a statement") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ();\nSELECT pg_sleep(20);");
  SUBCASE("of the settings") {
    project.settings.statement_timeout = std::chrono::milliseconds(50);
  }
  SUBCASE("of a directive") {
    project.dir.forward(
        "0001", "a", "-- pgtide: statement-timeout=50ms\nCREATE TABLE a ();SELECT pg_sleep(20);");
  }
  const Report report = project.up();
  CHECK(told(report) == "0001 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(report.failure->message == "canceling statement due to statement timeout");
  CHECK(project.ledger().find("statement timeout (57014)") != std::string::npos);
  CHECK_FALSE(project.db.has_table("a"));
}

TEST_CASE("a lock that somebody else holds is trouble of the environment") {
  Project project;
  project.db.run("CREATE TABLE busy ()");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; LOCK TABLE busy");
  project.dir.pair("0001", "a", "CREATE TABLE a ();\nALTER TABLE busy ADD COLUMN x integer;");
  project.settings.lock_timeout = std::chrono::milliseconds(50);
  project.settings.lock_retries = 0;
  const Report report = project.up();
  CHECK(told(report) == "0001 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->sqlstate == "55P03");
  CHECK(report.failure->where.line == 2);
  CHECK(report.failure->recorded);
  CHECK_FALSE(project.db.has_table("a"));

  blocker.run("COMMIT");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.ledger() == "0001 a: applied\n");
}

TEST_CASE("a single transaction is all or nothing") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  const auto up = [&] { return project.run(Direction::up, ToNewest{}, Finish::commit_all); };
  SUBCASE("all") {
    CHECK(told(up()) == "0001 done, 0002 done, 0003 done");
    CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n0003 c: applied\n");
    CHECK(project.db.value("SELECT count(DISTINCT xmin::text) FROM migrations") == "1");
    CHECK(project.db.value("SELECT count(DISTINCT run_id) FROM migrations_log") == "1");
  }
  SUBCASE("nothing, and the failure is recorded") {
    project.dir.forward("0002", "b", "CREATE TABLE b (); SELECT 1/0");
    const Report report = up();
    CHECK(told(report) == "0001 undone, 0002 failed, 0003 not_run");
    CHECK_FALSE(report.current);
    CHECK(report.failure->recorded);
    CHECK(project.ledger() == "0002 b: failed, sql/0002_b.sql:1:20: division by zero (22012)\n");
    CHECK_FALSE(project.db.has_table("a"));
  }
  SUBCASE("nothing, when a deferred constraint is violated") {
    project.dir.forward("0002", "b",
                        "CREATE TABLE p (id integer PRIMARY KEY);"
                        "CREATE TABLE b (id integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
                        "INSERT INTO b VALUES (1)");
    const Report report = up();
    CHECK(told(report) == "0001 undone, 0002 failed, 0003 not_run");
    REQUIRE(report.failure);
    CHECK(report.failure->kind == FailureKind::migration);
    CHECK(report.failure->sqlstate == "23503");
    CHECK_FALSE(report.current);
    CHECK_FALSE(project.db.has_table("a"));
    CHECK(project.ledger().starts_with("0002 b: failed, "));
  }
}

TEST_CASE("a rollback that fails leaves its migration applied") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b;\nDROP TABLE nowhere;");
  project.dir.pair("0003", "c", "CREATE TABLE c ()", "DROP TABLE c");
  CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done");
  const Report report = project.down("0");
  CHECK(told(report) == "0003 done, 0002 failed, 0001 not_run");
  CHECK(failure(report, project.dir) ==
        "rollback/0002_rollback.sql:2:1 42P01 table \"nowhere\" does not exist");
  CHECK(report.current == Version(2));
  CHECK(project.db.has_table("b"));
  CHECK(project.ledger() ==
        "0001 a: applied\n"
        "0002 b: applied, error=rollback/0002_rollback.sql:2:1: table \"nowhere\" does not exist "
        "(42P01)\n"
        "0003 c: rolled back\n");
  CHECK(project.log() ==
        "up applied 0001, rollback stored\n"
        "up applied 0002, rollback stored\n"
        "up applied 0003, rollback stored\n"
        "down rolled_back 0003\n"
        "down failed 0002: rollback/0002_rollback.sql:2:1: table \"nowhere\" does not exist "
        "(42P01)\n");

  project.dir.rollback("0002", "DROP TABLE b");
  CHECK(told(project.down("1")) == "0002 done");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: rolled back\n0003 c: rolled back\n");
}

TEST_CASE("notices of the server come with their statement's place") {
  Project project;
  project.dir.pair("0001", "a",
                   "DROP TABLE IF EXISTS x;\nDROP TABLE IF EXISTS y;\nSELECT 1;\n"
                   "DO $$ BEGIN RAISE WARNING 'careful' USING HINT = 'look'; END $$;");
  project.up();
  REQUIRE(project.seen.notices.size() == 3);
  CHECK(project.seen.notices[0].message == "table \"x\" does not exist, skipping");
  CHECK(project.seen.notices[0].where.line == 1);
  CHECK(project.seen.notices[1].message == "table \"y\" does not exist, skipping");
  CHECK(project.seen.notices[1].where.line == 2);
  CHECK(project.seen.notices[2].severity == "WARNING");
  CHECK(project.seen.notices[2].message == "careful");
  CHECK(project.seen.notices[2].hint == "look");
  CHECK(project.seen.notices[2].where.line == 4);
}

TEST_CASE("a Migrator is usable after a failure") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1/0");
  Migrator migrator = project.migrator();
  CHECK(told(migrator.up()) == "0001 failed");
  CHECK(migrator.status().count(State::failed) == 1);
  project.dir.pair("0001", "a", "SELECT 1");
  CHECK(told(migrator.up()) == "0001 done");
  CHECK(project.db.value("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND "
                         "datname = current_database()") == "0");
}
