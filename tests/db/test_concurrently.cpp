// CONCURRENTLY: what an interrupted one left behind never stands in the way, and its waits end.
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "support/db_stepwise.hpp"

using namespace pgtide;
using namespace pgtide::testing;
using std::chrono::milliseconds;

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

TEST_CASE("an index that somebody else is building is waited for, not dropped") {
  Project project;
  project.db.run("CREATE TABLE t (n integer); INSERT INTO t VALUES (1)");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (2)");
  const std::string by_hand = "CREATE INDEX CONCURRENTLY t_n ON t (n)";
  Sql builder = project.db.connect();
  std::thread building([&] { builder.run(by_hand); });
  REQUIRE(becomes_true([&] { return project.db.is_running(by_hand); }));
  REQUIRE(becomes_true([&] { return indexes(project) == "t_n invalid\n"; }));
  const std::string id = project.db.value("SELECT 't_n'::regclass::oid");

  struct Watcher : ports::Observer {
    std::string said;
    Sql* blocker = nullptr;
    void on_remark(const Problem& remark) override {
      if (said.empty()) blocker->run("COMMIT");
      said += remark.message + "\n";
    }
  } watcher;
  watcher.blocker = &blocker;
  std::string expected;
  SUBCASE("the statement does with one that is there") {
    project.dir.pair("0001", "a", "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n)");
  }
  SUBCASE("the statement does not") {
    project.dir.pair("0001", "a", by_hand);
    expected = "sql/0001_a.sql:1:1 42P07 relation \"t_n\" already exists";
  }
  const Report report = Migrator(project.settings, {.observer = &watcher}).up();
  building.join();
  CHECK(failure(report, project.dir) == expected);
  CHECK(project.db.value("SELECT 't_n'::regclass::oid") == id);
  CHECK(indexes(project) == "t_n valid\n");
  CHECK(watcher.said == "t_n is not finished, and another session is at work on its table (pid " +
                            std::to_string(builder.pid()) +
                            ", test, user postgres); waiting for its end\n");
}

TEST_CASE("a stranger's index never passes for one without a name, nor is it dropped") {
  Project project;
  project.db.run("CREATE TABLE t (n integer, m integer); INSERT INTO t VALUES (1, 1), (1, 1)");
  project.dir.pair("0001", "a", "CREATE UNIQUE INDEX CONCURRENTLY ON t (n)");
  CHECK(told(project.up()) == "0001 failed");
  // As a run leaves it that was killed at once: it does not know how the statement ended.
  project.db.run(
      "DELETE FROM migrations_log WHERE event = 'failed'; DROP INDEX t_n_idx; DELETE FROM t; "
      "CREATE INDEX stranger ON t (m)");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (2, 2)");
  kill_while_running(project, "CREATE UNIQUE INDEX CONCURRENTLY strangers_second ON t (m)");
  blocker.run("COMMIT");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(indexes(project) == "stranger valid\nstrangers_second invalid\nt_n_idx valid\n");
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

TEST_CASE("a DETACH PARTITION CONCURRENTLY that failed is not done when it is run again") {
  Project project;
  project.db.run(
      "CREATE TABLE p (id integer) PARTITION BY RANGE (id); "
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 (id integer)");
  project.dir.pair("0001", "a", "ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY");
  const bool knows_it = server_version(project) >= 140000;
  const std::string refused =
      knows_it ? "sql/0001_a.sql:1:1 42P01 relation \"p2\" is not a partition of relation \"p\""
               : "sql/0001_a.sql:1:35 42601 syntax error at or near \"CONCURRENTLY\"";
  for (int run = 1; run <= 3; ++run) {
    CAPTURE(run);
    CHECK(failure(project.up(), project.dir) == refused);
    CHECK(project.states() == "0001 in_progress ready\n");
  }
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
