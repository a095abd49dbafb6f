// A statement without transaction that failed is never taken for done, whatever was, is or will be
// there.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/db_stepwise.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

struct Failing {
  std::string statement;
  std::string setup = {};
  std::string by_hand = {};  // what somebody does after the failure: the effect is there then
  std::string tidy = {};     // what is not in the test's database
  int since = 0;             // of the server
};

const std::string table = "CREATE TABLE t (n integer, m integer); INSERT INTO t VALUES (1), (1)";
const std::string partitions =
    "CREATE TABLE p (id integer) PARTITION BY RANGE (id);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)";

std::vector<Failing> indexes_that_fail() {
  return {
      {"CREATE INDEX CONCURRENTLY t_n ON t (nosuch)", table, "CREATE INDEX t_n ON t (n)"},
      {"CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON nosuch (n)", table},
      {"CREATE INDEX CONCURRENTLY ON t (nosuch)", table, "CREATE INDEX ON t (n)"},
      {"CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n)", table},
      {"CREATE UNIQUE INDEX CONCURRENTLY ON t (n)", table, "CREATE INDEX other ON t (n)"},
      {"DROP INDEX CONCURRENTLY nosuch"},
      {"DROP INDEX CONCURRENTLY t_key",
       table + "; ALTER TABLE t ADD COLUMN k serial CONSTRAINT t_key PRIMARY KEY",
       "ALTER TABLE t DROP CONSTRAINT t_key"},
      {"REINDEX INDEX CONCURRENTLY nosuch"},
      {"REINDEX (VERBOSE) TABLE CONCURRENTLY nosuch"},
      {"REINDEX SCHEMA CONCURRENTLY nosuch"},
      {"ALTER TABLE p DETACH PARTITION nosuch CONCURRENTLY", partitions, {}, {}, 140000},
      {"ALTER TABLE nosuch DETACH PARTITION p1 CONCURRENTLY",
       partitions,
       "ALTER TABLE p DETACH PARTITION p1",
       {},
       140000},
      {"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
       partitions + "; CREATE TABLE rest PARTITION OF p DEFAULT",
       "ALTER TABLE p DETACH PARTITION p1",
       {},
       140000},
      {"ALTER TABLE p DETACH PARTITION p1 FINALIZE",
       partitions,
       "ALTER TABLE p DETACH PARTITION p1",
       {},
       140000},
      {"REFRESH MATERIALIZED VIEW CONCURRENTLY v",
       "CREATE MATERIALIZED VIEW v AS SELECT 1 AS n; CREATE TABLE t ()"},
      {"VACUUM nosuch"},
      {"VACUUM FULL nosuch"},
      {"CLUSTER nosuch"},
  };
}

std::vector<Failing> others_that_fail() {
  return {
      {"CREATE DATABASE failed_once TEMPLATE nosuch",
       {},
       "CREATE DATABASE failed_once",
       "DROP DATABASE failed_once"},
      {"DROP DATABASE nosuch"},
      {"DROP DATABASE failed_twice",
       "CREATE DATABASE failed_twice; ALTER DATABASE failed_twice IS_TEMPLATE true",
       "ALTER DATABASE failed_twice IS_TEMPLATE false; DROP DATABASE failed_twice"},
      {"ALTER DATABASE postgres SET TABLESPACE nosuch"},
      {"CREATE TABLESPACE failed_space LOCATION '/nosuch'",
       {},
       "SET allow_in_place_tablespaces = on; CREATE TABLESPACE failed_space LOCATION ''",
       "DROP TABLESPACE failed_space",
       150000},
      {"DROP TABLESPACE nosuch"},
      {"CREATE SUBSCRIPTION s CONNECTION 'host=/nosuch' PUBLICATION p",
       {},
       "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)",
       "ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s"},
      {"DROP SUBSCRIPTION nosuch"},
      {"ALTER SUBSCRIPTION nosuch REFRESH PUBLICATION"},
      {"ALTER SYSTEM SET nosuch = 1"},
      {"ALTER TYPE nosuch ADD VALUE 'glad'", {}, "CREATE TYPE nosuch AS ENUM ('glad')"},
      {"ALTER TYPE mood ADD VALUE 'glad' AFTER 'nosuch'", "CREATE TYPE mood AS ENUM ('sad')",
       "ALTER TYPE mood ADD VALUE 'glad'"},
      {"CALL nosuch()"},
      {"DO $$BEGIN COMMIT; RAISE 'never'; END$$"},
      {"DO $$BEGIN PERFORM 1/0; END$$"},
  };
}

void check(Project& project, const Failing& one) {
  CAPTURE(one.statement);
  if (server_version(project) < one.since) return;
  project.db.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  if (!one.setup.empty()) run_each(project, one.setup);
  project.dir.pair("0001", "a", "VACUUM (ANALYZE) pg_class;\n" + one.statement + ";\n");
  const std::string first = failure(project.up(), project.dir);
  CHECK(first.starts_with("sql/0001_a.sql:2:"));
  CHECK(failure(project.up(), project.dir) == first);
  if (!one.by_hand.empty()) {
    run_each(project, one.by_hand);
    CHECK(failure(project.up(), project.dir).starts_with("sql/0001_a.sql:2:"));
  }
  CHECK(project.states() == "0001 in_progress ready\n");
  CHECK(project.migrator().status().entries.at(0).progress == "statement 1 of 2");
  if (!one.tidy.empty()) run_each(project, one.tidy);
}

}  // namespace

TEST_CASE("a statement about tables and indexes that failed is not done when it is run again") {
  Project project;
  for (const Failing& one : indexes_that_fail()) check(project, one);
}

TEST_CASE("any other statement without transaction that failed is not done when it is run again") {
  Project project;
  for (const Failing& one : others_that_fail()) check(project, one);
}

TEST_CASE("a rollback script's statement that failed is not done when it is run again") {
  Project project;
  project.db.run(table);
  project.dir.pair("0001", "a", "CREATE INDEX t_n ON t (n)", "DROP INDEX CONCURRENTLY t_m;");
  REQUIRE(told(project.up()) == "0001 done");
  for (int run = 1; run <= 3; ++run) {
    CHECK(failure(project.down("0"), project.dir) ==
          "rollback/0001_rollback.sql:1:1 42704 index \"t_m\" does not exist");
    if (run == 1) project.db.run("CREATE INDEX t_m ON t (m); DROP INDEX t_m");
  }
  CHECK(project.states() == "0001 in_progress ready\n");
}
