// A migration never stands in a lock queue for long: it gives up its place, and comes back.
#include <doctest/doctest.h>

#include <csignal>
#include <thread>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// A table that somebody reads in a transaction that stays open.
struct BusyProject : Project {
  BusyProject() : reader(db.connect()) {
    db.run("CREATE TABLE busy (id integer); INSERT INTO busy VALUES (1), (2), (3)");
    reader.run("SET application_name = 'reporting'");
    reader.run("BEGIN; SELECT * FROM busy");
    settings.lock_timeout = std::chrono::milliseconds(150);
  }
  // The reader ends while pgtide pauses before another attempt.
  void release_after(std::size_t retries) {
    seen.when_retry = [this, retries] {
      if (seen.retries.size() == retries) reader.run("COMMIT");
    };
  }
  Sql reader;
};

}  // namespace

TEST_CASE("a migration that gets no lock is rolled back and tried again") {
  BusyProject project;
  project.dir.pair("0001", "before", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "alter", "CREATE TABLE b (); ALTER TABLE busy ADD x integer",
                   "ALTER TABLE busy DROP x; DROP TABLE b");
  project.dir.pair("0003", "after", "CREATE TABLE c ()", "DROP TABLE c");
  std::size_t retries = 1;
  project.release_after(1);
  SUBCASE("up") {
    retries = 2;
    project.release_after(2);
    CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done");
    CHECK(project.db.value("SELECT count(*) FROM migrations_log") == "3");
  }
  SUBCASE("down") {
    project.reader.run("COMMIT");
    REQUIRE(told(project.up()) == "0001 done, 0002 done, 0003 done");
    project.reader.run("BEGIN; SELECT * FROM busy");
    CHECK(told(project.down("0")) == "0003 done, 0002 done, 0001 done");
  }
  SUBCASE("as one transaction, from its start") {
    const Report report = project.run(Direction::up, ToNewest{}, Finish::commit_all);
    CHECK(told(report) == "0001 done, 0002 done, 0003 done");
    CHECK(report.steps[0].statements == 1);
    CHECK(project.ledger() == "0001 before: applied\n0002 alter: applied\n0003 after: applied\n");
  }
  SUBCASE("a script that runs statement by statement goes on where it was") {
    project.dir.forward("0002", "alter",
                        "CREATE TABLE b (); CREATE INDEX CONCURRENTLY i ON busy (id);"
                        "ALTER TABLE busy ADD x integer; VACUUM b");
    project.reader.run("COMMIT");
    REQUIRE(told(project.up("0001")) == "0001 done");
    project.reader.run("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
    // CONCURRENTLY waits for the reader only where its lock conflicts; ALTER TABLE does.
    const Report report = project.up();
    CHECK(told(report) == "0002 done, 0003 done");
    CHECK(report.steps[0].statements == 4);
  }
  REQUIRE(project.seen.retries.size() == retries);
  for (std::size_t i = 0; i < retries; ++i) CHECK(project.seen.retries[i].attempt == i + 1);
  REQUIRE(project.seen.retries[0].blockers.size() == 1);
  CHECK(project.seen.retries[0].blockers[0].pid == project.reader.pid());
  CHECK(project.seen.retries[0].blockers[0].application == "reporting");
  CHECK(project.seen.retries[0].blockers[0].query.find("busy") != std::string::npos);
}

TEST_CASE("what is committed gives a script that runs statement by statement new attempts") {
  BusyProject project;
  project.settings.lock_retries = 1;
  project.db.run("CREATE TABLE other (id integer)");
  project.reader.run("COMMIT");
  project.db.run("ALTER TABLE busy ADD done boolean");
  project.dir.pair(
      "0001", "batch",
      "-- pgtide: batch size=1\n"
      "UPDATE busy SET done = true WHERE id IN (SELECT id FROM busy WHERE done IS NULL "
      "ORDER BY id LIMIT :batch_size);\n"
      "ALTER TABLE other ADD x integer;\n");
  const std::vector<std::string> in_the_way = {"SELECT FROM busy WHERE id = 1 FOR UPDATE",
                                               "SELECT FROM busy WHERE id = 3 FOR UPDATE",
                                               "LOCK TABLE other", "SELECT 1"};
  project.reader.run("BEGIN; " + in_the_way[0]);
  project.seen.when_retry = [&] {
    project.reader.run("COMMIT; BEGIN; " + in_the_way.at(project.seen.retries.size()));
  };
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  REQUIRE(project.seen.retries.size() == 3);
  for (const LockRetry& retry : project.seen.retries) CHECK(retry.attempt == 1);
  REQUIRE(project.seen.batches.size() == 3);
  CHECK(project.seen.batches.back().rows == 3);
  CHECK(project.seen.batches.back().batches == 3);
  CHECK(project.db.value("SELECT detail->>'rows' FROM migrations_log WHERE event = "
                         "'statement_done' ORDER BY id LIMIT 1") == "3");
}

TEST_CASE("nobody waits behind a migration that pauses") {
  BusyProject project;
  project.dir.pair("0001", "alter",
                   "UPDATE busy SET id = 5 WHERE id = 1; ALTER TABLE busy ADD x int");
  std::string seen_during_pause;
  project.seen.when_retry = [&] {
    seen_during_pause = project.db.rows("SELECT * FROM busy ORDER BY id FOR UPDATE NOWAIT");
    project.reader.run("COMMIT");
  };
  CHECK(told(project.up()) == "0001 done");
  CHECK(seen_during_pause == "1\n2\n3\n");
}

TEST_CASE("a deadlock is tried again, as a lock that is not granted is") {
  Project project;
  project.db.run(
      "CREATE TABLE a (n integer); CREATE TABLE b (n integer); "
      "CREATE FUNCTION wait_until_wanted() RETURNS void LANGUAGE plpgsql AS $$BEGIN "
      "FOR i IN 1..100 LOOP PERFORM pg_sleep(0.02); EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE "
      "NOT granted AND relation = 'a'::regclass); END LOOP; END$$");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET deadlock_timeout = '200ms'");
  const std::string script =
      "LOCK TABLE a; SELECT wait_until_wanted(); ALTER TABLE b ADD x integer;";
  SUBCASE("a transaction") {
    project.dir.pair("0001", "x", script);
  }
  SUBCASE("statement by statement") {
    project.dir.pair("0001", "x", "VACUUM pg_class; BEGIN;" + script + "COMMIT;");
  }
  Sql other = project.db.connect();
  other.run("SET deadlock_timeout = '1min'; BEGIN; LOCK TABLE b");
  std::thread deadlock([&] {
    CHECK(becomes_true([&] {
      return project.db.connect().value(
                 "SELECT count(*) FROM pg_locks WHERE granted AND relation = "
                 "'a'::regclass AND mode = 'AccessExclusiveLock'") == "1";
    }));
    other.run("LOCK TABLE a; COMMIT");
  });
  const Report report = project.up();
  deadlock.join();
  CHECK(failure(report, project.dir) == "");
  CHECK(told(report) == "0001 done");
  REQUIRE(project.seen.retries.size() == 1);
  CHECK(project.seen.retries[0].reason == LockFailure::deadlock);
  CHECK(project.db.value("SELECT count(*) FROM pg_attribute WHERE attname = 'x' AND attrelid = "
                         "'b'::regclass") == "1");
}

TEST_CASE("the last deadlock is said to be one") {
  Project project;
  project.settings.lock_retries = 0;
  const std::string raise = "DO $$BEGIN RAISE 'deadlock detected' USING ERRCODE = '40P01'; END$$";
  SUBCASE("a transaction") {
    project.dir.pair("0001", "x", raise);
  }
  SUBCASE("statement by statement") {
    project.dir.pair("0001", "x", "-- pgtide: no-transaction\n" + raise);
  }
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->message == "deadlock detected");
  CHECK(report.failure->hint ==
        "this session and another one waited for each other, and the server chose this one to give "
        "way; run again, or lock the tables in the order in which the others do");
}

TEST_CASE("after the last attempt the holder is named, and the ledger has the failure") {
  BusyProject project;
  project.dir.pair("0001", "alter", "ALTER TABLE busy ADD x integer");
  project.settings.lock_retries = 1;
  const Report report = project.up();
  CHECK(told(report) == "0001 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->message == "canceling statement due to lock timeout (2 attempts)");
  CHECK(report.failure->hint.find("reporting") != std::string::npos);
  CHECK(report.failure->recorded);
  CHECK(project.seen.retries.size() == 1);
  CHECK(project.db.value("SELECT success FROM migrations") == "f");
}

TEST_CASE("a dry run does not come back") {
  BusyProject project;
  project.dir.pair("0001", "alter", "ALTER TABLE busy ADD x integer");
  const Report report = project.dry_up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->hint.find("reporting") != std::string::npos);
  CHECK(project.seen.retries.empty());
}

TEST_CASE("a signal ends the attempts") {
  BusyProject project;
  project.dir.pair("0001", "alter", "ALTER TABLE busy ADD x integer");
  TestInterrupt interrupt;
  project.interrupt = &interrupt;
  project.seen.when_retry = [&] { interrupt.fire(SIGTERM); };
  const Report report = project.up();
  CHECK(told(report) == "0001 not_run");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(project.seen.retries.size() == 1);
}

TEST_CASE("a COPY that waits for a lock names who holds it") {
  BusyProject project;
  project.reader.run("COMMIT; BEGIN; LOCK TABLE busy");
  project.settings.lock_timeout = std::chrono::milliseconds(1500);
  project.settings.lock_retries = 0;
  SUBCASE("in a transaction") {
    project.dir.pair("0001", "fill", "COPY busy FROM stdin;\n4\n\\.\n");
  }
  SUBCASE("in a script that runs statement by statement") {
    project.dir.pair("0001", "fill", "VACUUM pg_class;\nCOPY busy FROM stdin;\n4\n\\.\n");
  }
  CHECK(told(project.up()) == "0001 failed");
  REQUIRE_FALSE(project.seen.blockers.empty());
  CHECK(project.seen.blockers[0].pid == project.reader.pid());
}
