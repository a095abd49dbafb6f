// A statement that is repeated, each time in its own transaction, until it changes no row.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// t with `rows` rows that are to be changed once each, in batches.
void fill(Project& project, int rows) {
  project.db.run(
      "CREATE TABLE t (id integer PRIMARY KEY, changes integer NOT NULL DEFAULT 0); "
      "INSERT INTO t SELECT generate_series(1, " +
      std::to_string(rows) + ")");
}

const std::string update =
    "UPDATE t SET changes = changes + 1 WHERE id IN "
    "(SELECT id FROM t WHERE changes = 0 ORDER BY id LIMIT :batch_size);\n";

std::vector<std::uint64_t> rows_told(const Project& project) {
  std::vector<std::uint64_t> rows;
  for (const BatchProgress& progress : project.seen.batches) rows.push_back(progress.rows);
  return rows;
}

}  // namespace

TEST_CASE("a batch runs until nothing is left, in transactions of its size") {
  Project project;
  fill(project, 2500);
  project.dir.pair("0001", "a", "-- pgtide: batch size=1000\n" + update + "SELECT 1;\n",
                   "-- pgtide: batch size=2000\nUPDATE t SET changes = 0 WHERE id IN (SELECT id "
                   "FROM t WHERE changes > 0 LIMIT :batch_size);\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(rows_told(project) == std::vector<std::uint64_t>{1000, 2000, 2500});
  CHECK(project.seen.batches.at(2).batches == 3);
  CHECK(project.db.rows("SELECT changes, count(*), count(DISTINCT xmin::text) FROM t GROUP BY 1") ==
        "1|2500|3\n");
  CHECK(tallies(report.steps.at(0)) == "UPDATE 4/2500, SELECT 1/1");
  CHECK(project.db.rows("SELECT detail->>'rows' FROM migrations_log WHERE event = "
                        "'statement_done' ORDER BY id") == "2500\n0\n");
  CHECK(project.ledger() == "0001 a: applied\n");

  project.seen.batches.clear();
  CHECK(told(project.down("0")) == "0001 done");
  CHECK(rows_told(project) == std::vector<std::uint64_t>{2000, 2500});
  CHECK(project.db.value("SELECT sum(changes) FROM t") == "0");
}

TEST_CASE("a batch with nothing to do ends at once") {
  Project project;
  fill(project, 0);
  project.dir.pair("0001", "a", "-- pgtide: batch size=10 pause=1h\n" + update);
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.seen.batches.empty());
}

TEST_CASE("a batch may insert, delete, or have no size") {
  Project project;
  fill(project, 10);
  project.dir.pair("0001", "a",
                   "CREATE TABLE copy (id integer PRIMARY KEY);\n"
                   "-- pgtide: batch size=4\n"
                   "INSERT INTO copy SELECT id FROM t WHERE id NOT IN (SELECT id FROM copy) LIMIT "
                   ":batch_size;\n"
                   "-- pgtide: batch size=5\n"
                   "WITH old AS (SELECT id FROM t LIMIT :batch_size) DELETE FROM t USING old WHERE "
                   "t.id = old.id RETURNING t.id;\n"
                   "-- pgtide: batch\n"
                   "DELETE FROM t;\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(project.db.value("SELECT count(*) FROM copy") == "10");
  CHECK(project.db.value("SELECT count(*) FROM t") == "0");
  CHECK(rows_told(project) == std::vector<std::uint64_t>{4, 8, 10, 5, 10});
}

TEST_CASE("a pause lies between the batches, and a signal ends it") {
  Project project;
  fill(project, 30);
  SUBCASE("it is kept") {
    project.dir.pair("0001", "a", "-- pgtide: batch size=10 pause=60ms\n" + update);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(told(project.up()) == "0001 done");
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(180));
    CHECK(project.seen.batches.at(2).elapsed_ms >= 120);
  }
  SUBCASE("Ctrl-C") {
    TestInterrupt interrupt;
    project.interrupt = &interrupt;
    project.dir.pair("0001", "a", "-- pgtide: batch size=10 pause=1h\n" + update);
    project.seen.when_batch = [&] { interrupt.fire(SIGINT); };
    const Report report = project.up();
    REQUIRE(report.failure);
    CHECK(report.failure->kind == FailureKind::interrupted);
    CHECK(report.failure->message ==
          "stopped between the batches of statement 1 of 1; 10 rows in 1 batch are committed");
    CHECK(project.db.value("SELECT sum(changes) FROM t") == "10");

    project.interrupt = nullptr;
    CHECK(project.states() == "0001 in_progress ready\n");
    project.seen.when_batch = {};
    project.db.run("DELETE FROM t WHERE changes = 0 AND id > 20");
    SUBCASE("the rest runs later") {
      project.dir.pair("0001", "a", "-- pgtide: batch size=10 pause=1h\n" + update);
      project.db.run("UPDATE t SET changes = 1");
      CHECK(told(project.up()) == "0001 done");
    }
  }
}

TEST_CASE("a batch that fails in the middle keeps the batches before, and goes on there") {
  Project project;
  fill(project, 35);
  project.db.run("ALTER TABLE t ADD CONSTRAINT small CHECK (id <> 25 OR changes = 0)");
  project.dir.pair("0001", "a", "-- pgtide: batch size=10\n" + update);
  const Report report = project.up();
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:2:1 23514 new row for relation \"t\" violates check constraint \"small\"; "
        "20 rows in 2 batches are committed");
  CHECK(rows_told(project) == std::vector<std::uint64_t>{10, 20});
  CHECK(project.db.value("SELECT sum(changes) FROM t") == "20");
  project.db.run("ALTER TABLE t DROP CONSTRAINT small");
  project.seen.batches.clear();
  CHECK(told(project.up()) == "0001 done");
  CHECK(rows_told(project) == std::vector<std::uint64_t>{10, 15});
  CHECK(project.db.rows("SELECT DISTINCT changes FROM t") == "1\n");
}

TEST_CASE("an error behind the batch size is found where it stands in the file") {
  Project project;
  fill(project, 1);
  project.dir.pair("0001", "a",
                   "-- pgtide: batch size=7\n"
                   "DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT :batch_size) AND wrong = 1;");
  const Report report = project.up();
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:2:68 42703 column \"wrong\" does not exist");
  REQUIRE(report.failure);
  CHECK(report.failure->source_line.substr(67, 5) == "wrong");
}

TEST_CASE("a batch that never ends is stopped") {
  Project project;
  fill(project, 3);
  project.dir.pair("0001", "a",
                   "SELECT 1;\n-- pgtide: batch size=2 max-batches=4\n"
                   "UPDATE t SET changes = changes + 1 WHERE id <= :batch_size;\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) ==
        "sql/0001_a.sql:3:1 the batch still changes rows after 4 times (8 rows in all); "
        "8 rows in 4 batches are committed");
  REQUIRE(report.failure);
  CHECK(report.failure->hint ==
        "make sure that the statement no longer finds the rows that it changed, or raise "
        "max-batches");
  CHECK(project.states() == "0001 in_progress ready\n");
  CHECK(project.db.value("SELECT sum(changes) FROM t") == "8");
}

TEST_CASE("only what stands outside quotes is filled in") {
  Project project;
  fill(project, 2);
  project.db.run("CREATE DOMAIN batch_size AS integer; CREATE TABLE said (what text, n integer)");
  project.dir.pair(
      "0001", "a",
      "-- pgtide: batch size=12\n"
      "INSERT INTO said SELECT ':batch_size' || $$:batch_size$$, :batch_size::batch_size "
      "/* :batch_size */ + (ARRAY[1,2,3])[1] * 0 WHERE NOT EXISTS (SELECT FROM said);");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.db.rows("SELECT * FROM said") == ":batch_size:batch_size|12\n");
}
