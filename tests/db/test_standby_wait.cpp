// A COMMIT that waits for a synchronous standby which does not answer, until somebody has enough.
#include <doctest/doctest.h>

#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

struct WaitingProject : Project {
  WaitingProject() {
    interrupt = &ctrl_c;
    dir.pair("0001", "a", "CREATE TABLE a ()");
    up();
    db.run("SET synchronous_commit = local");
    db.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    db.run("SELECT pg_reload_conf()");
    becomes_true([&] { return db.value("SHOW synchronous_standby_names") == "nobody"; });
  }
  ~WaitingProject() {
    db.run("ALTER SYSTEM RESET synchronous_standby_names");
    db.run("SELECT pg_reload_conf()");
    becomes_true([&] { return db.value("SHOW synchronous_standby_names").empty(); });
  }

  // Ctrl-C as soon as a COMMIT waits.
  Report up_interrupted(Finish finish) {
    std::thread somebody([this] {
      Sql watch = db.connect();
      const bool waits = becomes_true([&] {
        return watch.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
                   "AND datname = current_database()") != "0";
      });
      if (waits) ctrl_c.fire(SIGINT);
    });
    const Report report = run(Direction::up, ToNewest{}, finish);
    somebody.join();
    return report;
  }

  TestInterrupt ctrl_c;
};

}  // namespace

TEST_CASE("a run that committed before it was stopped is done, and names the standby") {
  WaitingProject project;
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  Finish finish = Finish::commit_each;
  SUBCASE("each migration a transaction") {}
  SUBCASE("in one transaction") {
    finish = Finish::commit_all;
  }
  const Report report = project.up_interrupted(finish);
  CHECK(project.ctrl_c.signal() == SIGINT);
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n0003 c: applied\n");
  CHECK(told(report) == "0002 done, 0003 done");
  CHECK_FALSE(report.failure);
  CHECK(report.current == Version(3));
  REQUIRE(project.seen.notices.size() == 1);
  CHECK(project.seen.notices[0].severity == "WARNING");
  CHECK(project.seen.notices[0].message ==
        "canceling wait for synchronous replication due to user request");
  CHECK(project.seen.steps.back() == "0003 done");
}

TEST_CASE("a run that failed is recorded and ends though no standby answers") {
  WaitingProject project;
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  project.dir.pair("0003", "c", "SELECT 1/0");
  const Report report = project.up_interrupted(Finish::commit_each);
  CHECK(told(report) == "0002 done, 0003 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->recorded);
  CHECK(project.seen.steps.at(1) == "0002 done");
  REQUIRE(project.seen.remarks.size() == 1);
  CHECK(project.seen.remarks[0].message ==
        "stopped without waiting for the synchronous standbys (nobody): they may lack what was "
        "committed last");
}

TEST_CASE("a script that runs statement by statement stops though no standby answers") {
  WaitingProject project;
  project.dir.pair("0002", "b", "VACUUM a; CREATE TABLE b ()");
  const Report report = project.up_interrupted(Finish::commit_each);
  CHECK(told(report) == "0002 failed");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(report.failure->recorded);
}
