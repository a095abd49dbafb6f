// Many migrations wait for the server's disk together, and none is called done before.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// Each migration notes how far the WAL had come; its COMMIT stands behind that. The server's own
// WAL writer sleeps through the test.
struct NotedProject : Project {
  NotedProject() {
    db.run("ALTER SYSTEM SET wal_writer_delay = '10s'");
    db.run("SELECT pg_reload_conf()");
    db.run("CREATE TABLE noted (version text, lsn pg_lsn)");
    seen.when_finished = [this](const StepReport& step) {
      flushed.push_back(
          db.value(fmt::format("SELECT coalesce((SELECT pg_current_wal_flush_lsn() > lsn FROM "
                               "noted WHERE version = '{}'), true)",
                               step.step.version_text)));
      committed.push_back(std::stoi(db.value("SELECT count(*) FROM noted")));
    };
  }
  ~NotedProject() {
    db.run("ALTER SYSTEM RESET wal_writer_delay");
    db.run("SELECT pg_reload_conf()");
  }
  void pair(int number, const std::string& more = "SELECT 1") {
    const std::string version = fmt::format("{:04}", number);
    dir.pair(version, "note",
             fmt::format("INSERT INTO noted VALUES ('{}', pg_current_wal_insert_lsn());\n{};",
                         version, more),
             fmt::format("DELETE FROM noted WHERE version = '{}'", version));
  }

  std::vector<std::string> flushed;  // as each migration was called done
  std::vector<int> committed;
};

std::vector<std::string> each_true(std::size_t count) {
  return std::vector<std::string>(count, "t");
}

}  // namespace

TEST_CASE("a migration is called done when the server has it on disk") {
  NotedProject project;
  for (int i = 1; i <= 12; ++i) project.pair(i, "SELECT pg_sleep(0.09)");
  project.pair(13, "SELECT pg_sleep(0.4)");
  const Report report = project.up();
  CHECK(report.count(StepOutcome::done) == 13);
  CHECK(project.flushed == each_true(13));
  // They are told while the run goes on, in their order.
  CHECK(project.committed.front() < 12);
  CHECK(project.seen.steps.front() == "0001 started");
  CHECK(project.seen.steps.at(1) == "0001 done");
  CHECK(project.seen.steps.back() == "0013 done");
}

TEST_CASE("what is done before a failure is on disk, and told before it") {
  NotedProject project;
  for (int i = 1; i <= 4; ++i) project.pair(i);
  SUBCASE("that the ledger has") {
    project.pair(5, "SELECT 1/0");
  }
  SUBCASE("in a script that keeps the ledger's table to itself") {
    project.pair(5, "LOCK TABLE migrations; SELECT pg_sleep(0.7); SELECT 1/0");
  }
  SUBCASE("before a script without a transaction") {
    project.dir.pair("0005", "vacuum", "VACUUM noted; SELECT 1/0", "SELECT 1");
  }
  SUBCASE("in the data of a COPY") {
    project.pair(5, "COPY noted FROM stdin;\nx\ty\n\\.\nSELECT 1");
  }
  const Report report = project.up();
  CHECK(told(report) == "0001 done, 0002 done, 0003 done, 0004 done, 0005 failed");
  CHECK(project.flushed == each_true(5));
  CHECK(project.seen.steps == std::vector<std::string>{"0001 started", "0001 done", "0002 started",
                                                       "0002 done", "0003 started", "0003 done",
                                                       "0004 started", "0004 done", "0005 started",
                                                       "0005 failed"});
}

TEST_CASE("what is done is on disk though neither the lock's session nor the ledger can be used") {
  NotedProject project;
  for (int i = 1; i <= 4; ++i) project.pair(i);
  project.pair(5,
               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
               "'pgtide lock' AND datname = current_database(); SELECT pg_sleep(0.7); SELECT 1/0");
  project.settings.lock_timeout = std::chrono::milliseconds(300);
  Sql other = project.db.connect();
  std::thread in_the_way([&] {
    if (becomes_true([&] { return project.db.is_running("SELECT pg_sleep(0.7)"); })) {
      other.run("BEGIN; LOCK TABLE migrations");
    }
  });
  const Report report = project.up();
  in_the_way.join();
  CHECK(told(report) == "0001 done, 0002 done, 0003 done, 0004 done, 0005 failed");
  REQUIRE(report.failure);
  CHECK_FALSE(report.failure->recorded);
  CHECK(project.flushed == each_true(5));
}

TEST_CASE(
    "whoever waits for a run sees which session migrates, also after it waited for the disk") {
  NotedProject project;
  project.pair(1);
  project.pair(2, "SELECT pg_sleep(0.3)");
  project.pair(3, "SELECT pg_sleep(0.3)");
  std::vector<std::string> holders;
  project.seen.when_finished = [&](const StepReport&) {
    holders.push_back(
        project.db.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '/* pgtide run % "
                         "migrates in pid%' AND datname = "
                         "current_database()"));
  };
  project.up();
  CHECK(holders == std::vector<std::string>(3, "1"));
}
