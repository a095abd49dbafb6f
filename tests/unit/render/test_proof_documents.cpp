// One proof in every form: whoever reads only one of them learns the same.
#include <doctest/doctest.h>

#include <string>

#include "pgtide/proof_documents.hpp"

using namespace pgtide;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

PairProof pair(std::uint64_t number, const std::string& name, Verdict verdict) {
  const std::string version = "000" + std::to_string(number);
  return {.version = Version(number),
          .version_text = version,
          .name = name,
          .forward_path = "migrations/sql/" + version + "_" + name + ".sql",
          .rollback_path = "migrations/rollback/" + version + "_rollback.sql",
          .verdict = verdict,
          .reason = "",
          .differences = {},
          .failure = {},
          .rows = {},
          .notes = {},
          .duration_ms = 12};
}

rules::Finding builds_an_index() {
  return {.rule = "index-not-concurrent",
          .severity = rules::Severity::warning,
          .where = {.file = "migrations/sql/0002_b.sql", .line = 1, .column = 3},
          .source_line = "  CREATE INDEX b ON a (id);",
          .message = "builds index b | nobody can write",
          .explanation = "writes wait",
          .safer = "CREATE INDEX CONCURRENTLY"};
}

// 0001 is proved, an index of 0002 is left behind, the rollback of 0003 fails, 0004 is
// irreversible.
ProofReport report() {
  PairProof left = pair(2, "b", Verdict::not_restored);
  left.differences.push_back(
      {.difference = {.change = schema::Change::added, .kind = "index", .identity = "public.b"},
       .made_by = MadeBy{.where = {.file = "migrations/sql/0002_b.sql", .line = 7, .column = 1},
                         .command = "CREATE INDEX"}});
  PairProof failed = pair(3, "c", Verdict::rollback_failed);
  failed.failure.emplace();
  failed.failure->message = "table \"c\" does not exist, 100% <sure>";
  failed.failure->sqlstate = "42P01";
  failed.failure->where = {.file = "migrations/rollback/0003_rollback.sql", .line = 4, .column = 2};
  failed.failure->source_line = "DROP TABLE c;";
  PairProof lost = pair(4, "d", Verdict::irreversible);
  lost.reason = "the rows are gone & away";
  return {.directory = "migrations",
          .server = "PostgreSQL 15.10",
          .migrations = {pair(1, "a", Verdict::proved), left, failed, lost},
          .duration_ms = 345};
}

ProofReport with_rules(rules::Weight weight) {
  ProofReport found{.directory = "migrations",
                    .server = "PostgreSQL 15.10",
                    .migrations = {pair(2, "b", Verdict::proved)},
                    .rule_weight = weight};
  found.migrations[0].rule_findings = {builds_an_index()};
  return found;
}

const char* const left_behind = "index public.b is left behind";

}  // namespace

TEST_CASE("text tells what is left, who made it, and what failed") {
  const std::string text = render::proof_text(report(), {});
  CHECK(
      holds(text, std::string(left_behind) + " (by CREATE INDEX at migrations/sql/0002_b.sql:7)"));
  CHECK(holds(text, "migrations/rollback/0003_rollback.sql:4:2"));
  CHECK(holds(text, "DROP TABLE c;"));
  CHECK(holds(text, "1 of 4 pairs proved, 1 not restored, 1 rollback failed, 1 irreversible"));
}

TEST_CASE("JUnit counts a case for each pair, and escapes what a server says") {
  const std::string xml = render::proof_junit(report());
  CHECK(holds(xml,
              "<testsuite name=\"pgtide verify\" tests=\"4\" failures=\"2\" skipped=\"1\" "
              "time=\"0.345\">"));
  CHECK(holds(xml,
              "<testcase classname=\"pgtide.verify\" name=\"0001 a\" "
              "file=\"migrations/sql/0001_a.sql\" time=\"0.012\"/>"));
  CHECK(holds(xml, left_behind));
  CHECK(holds(xml, "table &quot;c&quot; does not exist, 100% &lt;sure&gt; (42P01)"));
  CHECK(holds(xml, "<skipped message=\"irreversible: the rows are gone &amp; away\"/>"));
  CHECK_FALSE(holds(xml, "<sure>"));
}

TEST_CASE("Markdown has a row for each finding, on one line") {
  const std::string text = render::proof_markdown(report());
  CHECK(holds(text, "### pgtide verify: 1 of 4 pairs proved"));
  CHECK(holds(text, "\n| 0002 b | not restored | `migrations/rollback/0002_rollback.sql:1` | "));
  CHECK(holds(text, "<br>" + std::string(left_behind)));
  CHECK(holds(text, "\n| 0003 c | rollback failed | `migrations/rollback/0003_rollback.sql:4` | "));
  CHECK_FALSE(holds(text, "| 0001 a"));
}

TEST_CASE("a workflow command stands at the line that is wrong, and is one line") {
  const std::string text = render::proof_github(report());
  CHECK(text.starts_with(
      "::error file=migrations/rollback/0002_rollback.sql,line=1,col=1,title=0002 b%3A not "
      "restored::"));
  CHECK(holds(text, "%0A" + std::string(left_behind)));
  CHECK(holds(text, "\n::error file=migrations/rollback/0003_rollback.sql,line=4,col=2,"));
  CHECK(holds(text, "100%25 <sure>"));
  CHECK(
      text.ends_with("\n::notice title=pgtide verify::1 of 4 pairs proved, 1 not restored, 1 "
                     "rollback failed, 1 irreversible\n"));
}

TEST_CASE("what the rules say is told in every form, and fails where it counts") {
  const ProofReport told = with_rules(rules::Weight::told);
  CHECK(holds(render::proof_text(told, {}),
              "migrations/sql/0002_b.sql:1:3: warning: builds index "
              "b | nobody can write [index-not-concurrent]\n"));
  CHECK(holds(render::proof_markdown(told),
              "\n| `migrations/sql/0002_b.sql:1` | index-not-concurrent | warning | builds index b "
              "\\| nobody can write<br>safer: CREATE INDEX CONCURRENTLY |\n"));
  const std::string annotation =
      "file=migrations/sql/0002_b.sql,line=1,col=3,title=index-not-concurrent::builds index b | "
      "nobody can write%0Awhy: writes wait%0Asafer: CREATE INDEX CONCURRENTLY\n";
  CHECK(holds(render::proof_github(told), "::warning " + annotation));
  const std::string junit = render::proof_junit(told);
  CHECK(holds(junit, "tests=\"2\" failures=\"0\""));
  CHECK(holds(junit, "<testcase classname=\"pgtide.rules\" name=\"0002 b\""));
  CHECK(holds(junit, "<system-out>migrations/sql/0002_b.sql:1:3: builds index b"));

  const ProofReport counted = with_rules(rules::Weight::counted);
  CHECK(holds(render::proof_github(counted), "::error " + annotation));
  const std::string failing = render::proof_junit(counted);
  CHECK(holds(failing, "tests=\"2\" failures=\"1\""));
  CHECK(holds(failing,
              "<failure type=\"rules\" message=\"1 finding\">migrations/sql/0002_b.sql:1:3: "
              "builds index b"));
  CHECK_FALSE(holds(failing, "<system-out>"));
}
