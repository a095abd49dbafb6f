// Several runners at once, sessions that are lost, and Ctrl-C.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include "pgtide/ledger_names.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// Ends the session that holds the run lock, and waits until the lock is gone; the transaction that
// this runs in has an advisory lock of its own.
const char* const kill_lock_session =
    "DO $$ BEGIN\n"
    "  PERFORM pg_terminate_backend(pid) FROM pg_locks\n"
    "    WHERE locktype = 'advisory' AND pid <> pg_backend_pid();\n"
    "  WHILE EXISTS (SELECT FROM pg_locks\n"
    "                WHERE locktype = 'advisory' AND pid <> pg_backend_pid()) LOOP\n"
    "    PERFORM pg_sleep(0.01);\n"
    "  END LOOP;\n"
    "END $$;";

const char* const sleep_long = "SELECT pg_sleep(600)";

// Waits until 30 seconds of sleep have begun in `project`'s database, then acts.
std::thread once_it_sleeps(Project& project, const std::function<void()>& action) {
  return std::thread([&project, action] {
    if (becomes_true([&] { return project.db.is_running(sleep_long); })) action();
  });
}

}  // namespace

TEST_CASE("runners at the same time apply each migration once") {
  Project project;
  for (const char* version : {"0001", "0002", "0003", "0004", "0005"}) {
    project.dir.pair(version, "x",
                     std::string("CREATE TABLE t") + version + " (); SELECT pg_sleep(0.02)",
                     std::string("DROP TABLE t") + version);
  }
  constexpr std::size_t runners = 4;
  std::vector<std::future<std::pair<std::size_t, std::optional<Version>>>> results;
  for (std::size_t i = 0; i < runners; ++i) {
    results.push_back(std::async(std::launch::async, [&project] {
      const Report report = Migrator(project.settings).up();
      return std::pair(report.count(StepOutcome::done), report.current);
    }));
  }
  std::size_t applied = 0;
  for (auto& result : results) {
    const auto [done, current] = result.get();
    applied += done;
    CHECK(current == Version(5));
  }
  CHECK(applied == 5);
  CHECK(project.db.value("SELECT count(*) FROM migrations_log") == "5");
  CHECK(project.db.value("SELECT count(*) FROM migrations WHERE success") == "5");
}

TEST_CASE("a runner that waits names the holder, and gives up in time") {
  Project project;
  project.dir.pair("0001", "a", sleep_long);
  TestInterrupt interrupt;
  auto first = std::async(std::launch::async, [&] {
    return Migrator(project.settings, {.interrupt = &interrupt}).up();
  });
  REQUIRE(becomes_true([&] { return project.db.is_running(sleep_long); }));
  Project other;
  other.settings = project.settings;
  other.settings.lock_wait = std::chrono::milliseconds(1000);
  const std::string refused = other.refusal();
  CHECK(refused.find("another run holds the lock (pid ") != std::string::npos);
  CHECK(refused.find("pgtide lock") != std::string::npos);
  CHECK(refused.find("nothing was run") != std::string::npos);
  REQUIRE(other.seen.waits.size() == 1);
  CHECK(other.seen.waits[0].user == "postgres");
  CHECK(other.seen.waits[0].pid > 0);
  // Neither reading nor a dry run waits.
  CHECK(project.states() == "0001 pending ready\n");

  SUBCASE("not at all") {
    other.settings.lock_wait = std::chrono::milliseconds(0);
    CHECK(other.refusal().find("another run holds the lock") != std::string::npos);
  }
  SUBCASE("a waiting runner can be stopped") {
    TestInterrupt stop;
    stop.fire(SIGTERM);
    other.interrupt = &stop;
    other.settings.lock_wait = std::chrono::seconds(30);
    try {
      other.up();
      FAIL("it ran");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::interrupted);
      CHECK(error.signal() == SIGTERM);
    }
  }
  interrupt.fire(SIGINT);
  CHECK(told(first.get()) == "0001 failed");
}

TEST_CASE("two ledgers do not wait for each other") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1");
  Sql holder = project.db.connect();
  const LedgerNames mine;
  holder.run("SELECT pg_advisory_lock(" + std::to_string(mine.lock_key(project.db.name())) + ")");
  project.settings.lock_wait = std::chrono::milliseconds(0);
  CHECK(project.refusal().find("another run holds the lock") != std::string::npos);
  project.settings.table = "other";
  CHECK(told(project.up()) == "0001 done");
}

TEST_CASE("down refuses when the ledger changed after it was planned") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b");
  project.up("1");
  Migrator migrator = project.migrator();
  PreparedRun planned = migrator.prepare({.direction = Direction::down, .target = ToEmpty{}});
  project.up();
  try {
    migrator.execute(planned);
    FAIL("it ran");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("nothing was rolled back") != std::string::npos);
  }
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
}

TEST_CASE("up follows a ledger that changed after it was planned") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  Migrator migrator = project.migrator();
  PreparedRun planned = migrator.prepare({});
  project.up("1");
  CHECK(told(migrator.execute(planned)) == "0002 done");
}

TEST_CASE("a run whose lock session is killed commits nothing more") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", std::string("CREATE TABLE b ();\n") + kill_lock_session);
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  Finish finish = Finish::commit_each;
  std::string expected = "0001 done, 0002 failed, 0003 not_run";
  SUBCASE("each migration a transaction") {}
  SUBCASE("a single transaction") {
    finish = Finish::commit_all;
    expected = "0001 undone, 0002 undone, 0003 undone";
  }
  Migrator migrator = project.migrator();
  const Report report = migrator.execute(migrator.prepare({.finish = finish}));
  CHECK(told(report) == expected);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->message.find("the run lock was lost") == 0);
  CHECK_FALSE(report.failure->recorded);
  const bool was_tried = finish == Finish::commit_each;
  CHECK(
      report.failure->record_error ==
      (was_tried ? "the run lock is not held any more, or the row was not written as meant" : ""));
  CHECK(project.db.has_table("a") == (finish == Finish::commit_each));
  CHECK_FALSE(project.db.has_table("b"));
  CHECK_FALSE(project.db.has_table("c"));
  if (finish == Finish::commit_each) CHECK(project.ledger() == "0001 a: applied\n");
  // The session is fit for use; the next run takes a new lock.
  CHECK(migrator.status().count(State::failed) == 0);
  project.dir.forward("0002", "b", "CREATE TABLE b ()");
  CHECK(migrator.up().count(StepOutcome::failed) == 0);
  CHECK(project.db.has_table("c"));
}

TEST_CASE("the lock session is killed before a rollback's row is written") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()",
                   std::string("DROP TABLE a; ") + kill_lock_session);
  project.up();
  CHECK(told(project.down("0")) == "0001 failed");
  CHECK(project.db.has_table("a"));
  CHECK(project.ledger() == "0001 a: applied\n");
}

TEST_CASE("a run whose session is killed says what is committed, and the next one goes on") {
  Project project;
  const char* const end_itself = "SELECT pg_terminate_backend(pg_backend_pid())";
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  SUBCASE("inside a migration") {
    project.dir.pair("0002", "b", std::string("CREATE TABLE b (); ") + end_itself);
    const Report report = project.up();
    CHECK(told(report) == "0001 done, 0002 failed");
    REQUIRE(report.failure);
    CHECK(report.failure->kind == FailureKind::environment);
    CHECK(report.failure->message.find("the connection to the server was lost") == 0);
    CHECK(report.failure->hint ==
          "the server was asked again: nothing of 0002 is committed; run `pgtide up` again");
    CHECK(report.current == Version(1));
    CHECK(project.ledger() == "0001 a: applied\n");
  }
  SUBCASE("inside a script without a transaction") {
    project.dir.pair("0002", "b",
                     std::string("CREATE TABLE b (); VACUUM b; ") + end_itself + "; SELECT 1");
    const Report report = project.up();
    REQUIRE(report.failure);
    CHECK(report.failure->hint == "0002 stopped at statement 3 of 4; `pgtide up` goes on there");
    project.dir.forward("0002", "b", "CREATE TABLE b ()");
    return;
  }
  SUBCASE("behind the last statement of a script without a transaction") {
    project.up();
    project.db.run(
        "CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
        "pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
        "CREATE TRIGGER end_session AFTER UPDATE ON migrations FOR EACH ROW WHEN (NEW.success) "
        "EXECUTE FUNCTION end_session()");
    project.dir.pair("0002", "b", "CREATE TABLE b (); VACUUM b");
    const Report report = project.up();
    REQUIRE(report.failure);
    CHECK(report.failure->hint ==
          "all statements of 0002 are done, but not its row in the ledger; `pgtide up` writes it");
    project.db.run("DROP TRIGGER end_session ON migrations");
    CHECK(told(project.up()) == "0002 done");
    return;
  }
  SUBCASE("on the way down") {
    project.dir.pair("0002", "b", "CREATE TABLE b ()", end_itself);
    project.up();
    const Report report = project.down("0");
    CHECK(told(report) == "0002 failed, 0001 not_run");
    CHECK(report.current == Version(2));
  }
  SUBCASE("in one transaction") {
    project.dir.pair("0002", "b", end_itself);
    const Report report = project.run(Direction::up, ToNewest{}, Finish::commit_all);
    CHECK(told(report) == "0001 failed, 0002 not_run");
    CHECK_FALSE(report.current);
  }
  SUBCASE("in a dry run") {
    project.dir.pair("0002", "b", end_itself);
    const Report report = project.dry_up();
    REQUIRE(report.failure);
    CHECK(report.failure->hint == "a dry run commits nothing; run it again");
  }
}

TEST_CASE("Ctrl-C cancels the statement at once, records it and undoes its migration") {
  Project project;
  TestInterrupt interrupt;
  project.interrupt = &interrupt;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", std::string("CREATE TABLE b ();\n") + sleep_long + ";");
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  std::thread ctrl_c = once_it_sleeps(project, [&] { interrupt.fire(SIGINT); });
  const Report report = project.up();
  ctrl_c.join();
  CHECK(told(report) == "0001 done, 0002 failed, 0003 not_run");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(report.failure->signal == SIGINT);
  CHECK(report.failure->where.line == 2);
  CHECK(report.failure->recorded);
  CHECK_FALSE(project.db.has_table("b"));
  CHECK(project.ledger() ==
        "0001 a: applied\n"
        "0002 b: failed, interrupted: sql/0002_b.sql:2:1: canceling statement due to user request "
        "(57014)\n");
  CHECK(project.db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                         "AND application_name LIKE 'pgtide%'") == "0");
}

TEST_CASE("Ctrl-C during a COPY and in a single transaction") {
  Project project;
  TestInterrupt interrupt;
  project.interrupt = &interrupt;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  SUBCASE("a single transaction") {
    project.dir.pair("0002", "b", sleep_long);
    std::thread ctrl_c = once_it_sleeps(project, [&] { interrupt.fire(SIGTERM); });
    const Report report = project.run(Direction::up, ToNewest{}, Finish::commit_all);
    ctrl_c.join();
    CHECK(told(report) == "0001 undone, 0002 failed");
    CHECK(report.failure->kind == FailureKind::interrupted);
    CHECK_FALSE(project.db.has_table("a"));
  }
  SUBCASE("a trigger of a COPY sleeps") {
    project.dir.pair(
        "0002", "b",
        "CREATE TABLE b (id integer);"
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
        "pg_sleep(600); RETURN NEW; END $$;"
        "CREATE TRIGGER slow BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION slow();\n"
        "COPY b FROM STDIN;\n1\n\\.\n");
    std::thread ctrl_c([&] {
      if (becomes_true([&] { return project.db.is_running("COPY b FROM STDIN"); })) {
        interrupt.fire(SIGINT);
      }
    });
    const Report report = project.up();
    ctrl_c.join();
    CHECK(told(report) == "0001 done, 0002 failed");
    CHECK(report.failure->kind == FailureKind::interrupted);
  }
  SUBCASE("a statement behind a lock") {
    project.db.run("CREATE TABLE busy ()");
    Sql blocker = project.db.connect();
    blocker.run("BEGIN; LOCK TABLE busy");
    project.settings.lock_timeout = std::chrono::milliseconds(0);
    const std::string alter = "ALTER TABLE busy ADD COLUMN x integer";
    project.dir.pair("0002", "b", alter);
    std::thread ctrl_c([&] {
      if (becomes_true([&] { return project.db.is_running(alter); })) interrupt.fire(SIGINT);
    });
    const Report report = project.up();
    ctrl_c.join();
    CHECK(told(report) == "0001 done, 0002 failed");
    CHECK(report.failure->recorded);
  }
}

TEST_CASE("Ctrl-C before anything ran") {
  Project project;
  TestInterrupt interrupt;
  interrupt.fire(SIGINT);
  project.interrupt = &interrupt;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  try {
    const Report report = project.up();
    CHECK(report.count(StepOutcome::done) == 0);
    REQUIRE(report.failure);
    CHECK(report.failure->kind == FailureKind::interrupted);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::interrupted);
  }
  CHECK_FALSE(project.db.has_table("a"));
}
