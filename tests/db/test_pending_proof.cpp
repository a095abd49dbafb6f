// Round trips of pending pairs in the target: what cannot be tried there, and what becomes of rows.
#include <doctest/doctest.h>

#include <string>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

ProofReport prove(Project& project, Trace trace = Trace::findings) {
  Migrator migrator = project.migrator();
  return migrator.prove_pending(
      migrator.prepare({.direction = Direction::up, .finish = Finish::roll_back, .trace = trace}));
}

// `0002 proved`, a line a pair; `0003 not simulable: …` for those that are not judged.
std::string told(const ProofReport& report) {
  std::string text;
  for (const PairProof& pair : report.migrations) {
    text += pair.version_text + " " + std::string(to_string(pair.verdict));
    for (const RowLoss& rows : pair.rows) {
      text += " [" + rows.table + ": " + std::to_string(rows.lost) + " lost, " +
              std::to_string(rows.changed) + " changed of " + std::to_string(rows.before) + "]";
    }
    for (const std::string& note : pair.notes) text += " (" + note + ")";
    text += "\n";
  }
  for (const NotJudged& pair : report.not_judged) {
    text += pair.version_text + " not simulable: " + pair.reasons.at(0).message + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a pair that needs commits is passed over, and the others are judged all the same") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer)", "DROP TABLE a");
  REQUIRE(testing::told(project.up()) == "0001 done");
  project.dir.pair("0002", "b", "CREATE INDEX CONCURRENTLY a_id ON a (id)",
                   "DROP INDEX CONCURRENTLY a_id");
  project.dir.pair("0003", "c", "CREATE TABLE c (id integer)", "DROP TABLE c");
  project.dir.pair("0004", "d", "COMMENT ON INDEX a_id IS 'x'", "COMMENT ON INDEX a_id IS NULL");
  project.dir.pair("0005", "e", "CREATE TABLE e (id integer)", "DROP INDEX CONCURRENTLY e_id");
  project.dir.pair("0006", "f", "CREATE TABLE IF NOT EXISTS f (id integer)", "SELECT 1");
  project.dir.pair("0007", "g", "CREATE TABEL g ()", "DROP TABLE g");
  project.dir.pair("0008", "h", "CREATE TYPE h AS ENUM ('a')", "DROP TYPE h");
  const std::string before = project.db.dump();
  const ProofReport report = prove(project);
  CHECK(
      told(report) ==
      "0003 proved\n0006 not restored\n0007 up failed\n0008 proved\n"
      "0002 not simulable: CREATE INDEX CONCURRENTLY cannot run inside a transaction\n"
      "0004 not simulable: relation \"a_id\" does not exist (but 0002 was not simulated, which may "
      "be why)\n"
      "0005 not simulable: DROP INDEX CONCURRENTLY cannot run inside a transaction\n");
  CHECK(project.dir.shortened(report.not_judged.at(0).reasons.at(0).where.file) ==
        "sql/0002_b.sql");
  CHECK(report.not_judged.at(0).reasons.at(0).where.line == 1);
  CHECK(project.db.dump() == before);
}

TEST_CASE("rows of tables that are there are compared, in pgtide's own schema too") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer PRIMARY KEY, x text, y text)",
                   "DROP TABLE a");
  REQUIRE(testing::told(project.up()) == "0001 done");
  project.db.run(
      "INSERT INTO a SELECT i, 'X' || i, 'y' FROM generate_series(1, 10) i;"
      "CREATE TABLE untouched (id integer); INSERT INTO untouched VALUES (1)");
  project.dir.pair("0002", "lower", "UPDATE a SET x = lower(x) WHERE id < 4", "SELECT 1");
  project.dir.pair("0003", "again", "ALTER TABLE a DROP COLUMN y",
                   "ALTER TABLE a ADD COLUMN y text");
  project.dir.pair("0004", "delete", "DELETE FROM a WHERE id > 8", "SELECT 1");
  project.dir.pair("0005", "sound", "CREATE TABLE kept AS SELECT * FROM a; TRUNCATE a",
                   "INSERT INTO a SELECT * FROM kept; DROP TABLE kept");
  const std::string before = project.db.dump();
  // Others may write on meanwhile.
  CHECK(told(prove(project)) ==
        "0002 data lost [public.a: 0 lost, 3 changed of 10]\n"
        "0003 data lost [public.a: 0 lost, 10 changed of 10]\n"
        "0004 data lost [public.a: 2 lost, 0 changed of 10]\n"
        "0005 proved\n");
  CHECK(project.db.dump() == before);
  CHECK(project.db.value("SHOW default_transaction_isolation") == "read committed");
}

TEST_CASE("a large table is only counted, which is said") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer, x text)", "DROP TABLE a");
  REQUIRE(testing::told(project.up()) == "0001 done");
  project.db.run(
      "ALTER TABLE a ALTER x SET STORAGE PLAIN;"
      "INSERT INTO a SELECT i, repeat('x', 7000) FROM generate_series(1, 4500) i");
  project.dir.pair("0002", "changed", "UPDATE a SET x = 'y' WHERE id = 1", "SELECT 1");
  project.dir.pair("0003", "lost", "DELETE FROM a WHERE id = 1", "SELECT 1");
  CHECK(told(prove(project)) ==
        "0002 proved (public.a is large: its rows were counted, not compared)\n"
        "0003 data lost [public.a: 1 lost, 0 changed of 4500] (public.a is large: its rows were "
        "counted, not compared)\n");
}

TEST_CASE("the rules judge a round trip in the target, too") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer)", "DROP TABLE a");
  REQUIRE(testing::told(project.up()) == "0001 done");
  project.db.run("INSERT INTO a VALUES (1)");
  project.dir.pair("0002", "b", "CREATE INDEX a_id ON a (id)", "DROP INDEX a_id");
  const ProofReport report = prove(project, Trace::statements);
  REQUIRE(report.migrations.size() == 1);
  REQUIRE(report.migrations[0].rule_findings.size() == 2);
  CHECK(report.migrations[0].rule_findings[0].rule == "index-not-concurrent");
  CHECK(report.migrations[0].rule_findings[1].rule == "drop-index-not-concurrent");
  REQUIRE(report.migrations[0].traces.size() == 2);
  CHECK(report.migrations[0].traces[1].statements.at(0).command == "DROP INDEX");
  CHECK(prove(project, Trace::off).rule_findings() == 0);
}
