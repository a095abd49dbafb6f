// Blocks, errors and interrupts in scripts that do not run in one transaction.
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <thread>

#include "support/db_stepwise.hpp"

using namespace pgtide;
using namespace pgtide::testing;

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

TEST_CASE("a script that changed after it was judged does not run") {
  Project project;
  project.dir.pair("0001", "a", "VACUUM;\nCREATE TABLE a ();\n");
  Migrator migrator = project.migrator();
  SUBCASE("before the run") {
    PreparedRun prepared = migrator.prepare({});
    project.dir.forward("0001", "a", "CREATE TABLE b ();\nVACUUM;\n");
    const Report report = migrator.execute(prepared);
    CHECK(failure(report, project.dir) ==
          "sql/0001_a.sql the script changed after it was judged; nothing more of it was run");
    CHECK(report.failure->hint == "run again to see what to do");
    CHECK(project.states() == "0001 failed ready\n");
    CHECK(told(project.up()) == "0001 done");
    CHECK(project.db.has_table("b"));
  }
  SUBCASE("half way") {
    project.dir.forward("0001", "a", "VACUUM;\nCREATE TABLE a ();\nSELECT 1/count(*) FROM a;\n");
    CHECK(told(migrator.up()) == "0001 failed");
    PreparedRun prepared = migrator.prepare({});
    project.dir.forward("0001", "a", "CREATE TABLE b ();\nVACUUM;\nCREATE TABLE c ();\n");
    CHECK(failure(migrator.execute(prepared), project.dir) ==
          "sql/0001_a.sql the script changed after it was judged; nothing more of it was run");
    CHECK_FALSE(project.db.has_table("b"));
    CHECK_FALSE(project.db.has_table("c"));
    CHECK(project.states() == "0001 in_progress ready\n");
    CHECK(project.refusal().find("it changed after statement 2 of 3 was done") !=
          std::string::npos);
  }
  SUBCASE("its file is gone") {
    PreparedRun prepared = migrator.prepare({});
    project.dir.remove("0001");
    project.dir.rollback("0001", "SELECT 1");
    const Report report = migrator.execute(prepared);
    CHECK(told(report) == "0001 failed");
    CHECK(failure(report, project.dir).find("No such file") != std::string::npos);
    CHECK(report.failure->kind == FailureKind::environment);
    CHECK(report.failure->recorded);
  }
}

TEST_CASE("every attempt of a script runs the text that was judged") {
  Project project;
  project.db.run("CREATE TABLE busy ()");
  project.settings.lock_timeout = std::chrono::milliseconds(200);
  Sql reader = project.db.connect();
  reader.run("BEGIN; SELECT * FROM busy");
  const std::string text =
      "VACUUM pg_class;\nALTER TABLE busy ADD x integer;\nCREATE TABLE a ();\n";
  std::string padding;
  SUBCASE("one that is kept") {}
  SUBCASE("one that is too long for that") {
    for (int line = 0; line < 20000; ++line) padding += "-- " + std::string(60, 'x') + "\n";
  }
  project.dir.pair("0001", "a", text + padding);
  project.seen.when_retry = [&] {
    project.dir.forward("0001", "a", "CREATE TABLE b ();\n" + text + padding);
    reader.run("COMMIT");
  };
  const Report report = project.up();
  CHECK_FALSE(project.db.has_table("b"));
  if (padding.empty()) {
    CHECK(failure(report, project.dir) == "");
    CHECK(project.db.has_table("a"));
    CHECK(project.states() == "0001 changed ready\n");
  } else {
    CHECK(failure(report, project.dir) ==
          "sql/0001_a.sql the script changed after it was judged; nothing more of it was run");
    CHECK_FALSE(project.db.has_table("a"));
    CHECK(project.states() == "0001 in_progress ready\n");
    CHECK(project.refusal().find("it changed after statement 1 of 3 was done") !=
          std::string::npos);
  }
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
        "the run lock was lost, so another run may be at work; nothing of this transaction "
        "stays");
  CHECK_FALSE(report.failure->recorded);
  CHECK(report.failure->record_error ==
        "the run lock is not held any more, or the row was not written as meant");
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
  project.interrupt = nullptr;
  CHECK(project.states() == "0001 in_progress ready\n");
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
