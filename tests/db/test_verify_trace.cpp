// What verify measures of each statement, and what the rules say of it.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "pgtide/verifier.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// The migrations, and the rows that are there once 0001 is up.
struct Traced {
  Directory dir;
  Settings settings;

  void fixture(const std::string& version, const std::string& sql) {
    std::filesystem::create_directory(dir.path() + "/fixtures");
    std::ofstream(dir.path() + "/fixtures/" + version + ".sql") << sql << ";\n";
  }
  ProofReport run() {
    settings.dir = dir.path();
    settings.pg_bin = server_options("").bin_dir;
    return verify(settings, {.trace = Trace::statements});
  }
  // `rollback/0002:1 warning type-change`, a line a finding.
  static std::string findings(const ProofReport& report) {
    std::string told;
    for (const PairProof& pair : report.migrations) {
      for (const rules::Finding& finding : pair.rule_findings) {
        const bool down = finding.where.file.find("/rollback/") != std::string::npos;
        const bool warns = finding.severity == rules::Severity::warning;
        told += std::string(down ? "rollback/" : "sql/") + pair.version_text + ":" +
                std::to_string(finding.where.line) + (warns ? " warning " : " notice ") +
                finding.rule + "\n";
      }
    }
    return told;
  }
};

// `ALTER TABLE: locks public.a ACCESS EXCLUSIVE; rows public.a +3 ~2 -1`, a line a statement.
std::string told(const ScriptTrace& trace) {
  std::string text;
  for (const StatementTrace& statement : trace.statements) {
    text += statement.command + ":";
    for (const LockTrace& lock : statement.locks) {
      text += " " + lock.object + " " + std::string(to_string(lock.mode)) + ";";
    }
    for (const RowsTrace& rows : statement.rows) {
      text += " " + rows.table + " +" + std::to_string(rows.inserted) + " ~" +
              std::to_string(rows.updated) + " -" + std::to_string(rows.deleted) + ";";
    }
    if (statement.times > 1) text += " x" + std::to_string(statement.times);
    text += "\n";
  }
  return text;
}

const PairProof& pair(const ProofReport& report, std::size_t index) {
  return report.migrations.at(index);
}

}  // namespace

TEST_CASE("fixtures decide whether a table has rows, and both scripts are judged") {
  Traced project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer, x text)", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE INDEX a_x ON a (x);\nALTER TABLE a ALTER id TYPE bigint",
                   "ALTER TABLE a ALTER id TYPE integer;\nDROP INDEX a_x");
  SUBCASE("with rows") {
    project.fixture("0001", "INSERT INTO a SELECT i, i FROM generate_series(1, 7) i");
    const ProofReport report = project.run();
    CHECK(pair(report, 1).verdict == Verdict::proved);
    CHECK(project.findings(report) ==
          "sql/0002:1 warning index-not-concurrent\n"
          "sql/0002:2 warning type-change\n"
          "rollback/0002:1 warning type-change\n"
          "rollback/0002:2 warning drop-index-not-concurrent\n");
    CHECK_FALSE(report.has_findings());
    // The fixture's rows, of the same session, are not those of the rewrite.
    REQUIRE(pair(report, 1).traces.size() == 2);
    CHECK(told(pair(report, 1).traces[0]) ==
          "CREATE INDEX: public.a SHARE;\nALTER TABLE: public.a ACCESS EXCLUSIVE;\n");
  }
  SUBCASE("without") {
    CHECK(project.findings(project.run()) ==
          "sql/0002:1 notice index-not-concurrent\nsql/0002:2 notice type-change\n");
  }
  SUBCASE("allowed") {
    project.fixture("0001", "INSERT INTO a VALUES (1, 1)");
    project.dir.pair("0002", "b",
                     "-- pgtide: allow index-not-concurrent small\nCREATE INDEX a_x ON a (x)",
                     "-- pgtide: allow drop-index-not-concurrent small\nDROP INDEX a_x");
    CHECK(project.findings(project.run()) == "");
  }
  SUBCASE("held against the migrations") {
    project.settings.findings = FindingsPolicy::error;
    const ProofReport report = project.run();
    CHECK(report.findings() == 0);
    CHECK(report.has_findings());
  }
}

TEST_CASE("a script that runs statement by statement is traced too") {
  Traced project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer, x text)", "DROP TABLE a");
  project.fixture("0001", "INSERT INTO a SELECT i, i FROM generate_series(1, 12) i");
  project.dir.pair(
      "0002", "b",
      "CREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x);\n"
      "ALTER TABLE a ADD CONSTRAINT a_x UNIQUE USING INDEX a_x;\n"
      "-- pgtide: batch size=5\n"
      "UPDATE a SET x = x || '!' WHERE ctid IN (SELECT ctid FROM a WHERE x NOT LIKE "
      "'%!' LIMIT :batch_size);\n"
      "BEGIN;\nINSERT INTO a VALUES (20, 'z');\nDELETE FROM a WHERE id = 20;\nCOMMIT;\n"
      "COPY a FROM stdin;\n21\ty\n\\.\n"
      "VACUUM FULL a",
      "ALTER TABLE a DROP CONSTRAINT a_x;\nDELETE FROM a WHERE id = 21;\n"
      "UPDATE a SET x = rtrim(x, '!')");
  const ProofReport report = project.run();
  CHECK(std::string(to_string(pair(report, 1).verdict)) == "proved");
  REQUIRE(pair(report, 1).traces.size() == 2);
  CHECK(told(pair(report, 1).traces[0]) ==
        "CREATE INDEX CONCURRENTLY: public.a SHARE UPDATE EXCLUSIVE;\n"
        "ALTER TABLE: public.a ACCESS EXCLUSIVE;\n"
        "UPDATE: public.a ROW EXCLUSIVE; public.a +0 ~12 -0; x4\n"
        "INSERT: public.a ROW EXCLUSIVE; public.a +1 ~0 -0;\n"
        "DELETE: public.a +0 ~0 -1;\n"
        "COPY: public.a ROW EXCLUSIVE; public.a +1 ~0 -0;\n"
        "VACUUM: public.a ACCESS EXCLUSIVE;\n");
  CHECK(told(pair(report, 1).traces[1]) ==
        "ALTER TABLE: public.a ACCESS EXCLUSIVE;\n"
        "DELETE: public.a ROW EXCLUSIVE; public.a +0 ~0 -1;\n"
        "UPDATE: public.a +0 ~12 -0;\n");
  // No lock outlives its transaction, and an index that was there proves the constraint.
  CHECK(project.findings(report) == "sql/0002:12 warning table-rewrite\n");
}

TEST_CASE(
    "a pair that is not gone round is traced as it is applied, a broken one as far as it came") {
  Traced project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer); CREATE TABLE b (id integer)",
                   "DROP TABLE a, b");
  project.fixture("0001", "INSERT INTO a VALUES (1), (2)");
  project.dir.pair("0002", "gone", "DROP TABLE a", "-- pgtide: irreversible nobody needs it");
  project.dir.forward("0003", "none", "CREATE INDEX b_id ON b (id)");
  project.dir.pair("0004", "broken", "ALTER TABLE b ADD y integer;\nSELECT 1/0", "SELECT 1");
  project.dir.pair("0005", "left", "ALTER TABLE b ADD z integer", "SELECT 1");
  const ProofReport report = project.run();
  CHECK(project.findings(report) ==
        "sql/0002:1 warning data-loss\nsql/0003:1 notice index-not-concurrent\n");
  CHECK(pair(report, 1).rule_findings.at(0).message == "drops table public.a with 2 rows");
  CHECK(pair(report, 3).verdict == Verdict::up_failed);
  CHECK(told(pair(report, 3).traces.at(0)) == "ALTER TABLE: public.b ACCESS EXCLUSIVE;\n");
  CHECK(pair(report, 4).verdict == Verdict::not_restored);
  REQUIRE(pair(report, 4).traces.size() == 2);
  CHECK(pair(report, 4).traces[0].direction == Direction::up);
  CHECK(pair(report, 4).traces[1].direction == Direction::down);
  CHECK(told(pair(report, 4).traces[0]) == "ALTER TABLE: public.b ACCESS EXCLUSIVE;\n");
}

TEST_CASE("nothing is measured unless it is asked for") {
  Traced project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer); CREATE INDEX ON a (id)",
                   "DROP TABLE a");
  project.settings.dir = project.dir.path();
  project.settings.pg_bin = server_options("").bin_dir;
  const ProofReport report = verify(project.settings, {});
  CHECK(pair(report, 0).traces.empty());
  CHECK(report.rule_findings() == 0);
}
