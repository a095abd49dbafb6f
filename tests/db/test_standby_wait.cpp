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

TEST_CASE("a run in one transaction that committed before it was stopped is done") {
  WaitingProject project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  const Report report = project.up_interrupted(Finish::commit_all);
  CHECK(project.ctrl_c.signal() == SIGINT);
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
  CHECK(told(report) == "0001 done, 0002 done");
  CHECK_FALSE(report.failure);
  CHECK(report.current == Version(2));
}
