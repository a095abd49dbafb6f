// Every rule against its examples: the bad ones give this finding, at the line that ends with
// `-- finding`, and no other; the good ones give none.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pgtide/rules.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;
namespace fs = std::filesystem;

namespace {

const fs::path examples = fs::path(PGTIDE_SOURCE_DIR) / "tests/data/rules";

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// `3 data-loss`, a line a marked line.
std::string expected(const std::string& script, const std::string& rule) {
  std::istringstream lines(script);
  std::string told;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with("-- finding")) told += std::to_string(number) + " " + rule + "\n";
  }
  return told;
}

std::string told_findings(const Report& report) {
  std::string told;
  for (const rules::Finding& finding : report.findings) {
    told += std::to_string(finding.where.line) + " " + finding.rule + "\n";
  }
  return told;
}

// Names of the entries of a folder, sorted.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("every rule finds its bad examples and none in its good ones") {
  Project project;
  project.dir.pair("0001", "schema", text_of(examples / "schema.sql"));
  REQUIRE(told(project.up()) == "0001 done");
  for (const rules::Rule& rule : rules::all()) {
    std::size_t good = 0;
    std::size_t bad = 0;
    REQUIRE(fs::exists(examples / rule.id));
    for (const std::string& name : names_in(examples / rule.id)) {
      CAPTURE(rule.id);
      CAPTURE(name);
      const std::string script = text_of(examples / rule.id / name);
      project.dir.pair("0002", "example", script);
      const Report report = project.dry_up();
      CHECK_FALSE(report.failure);
      const std::string wanted = expected(script, rule.id);
      CHECK(told_findings(report) == wanted);
      const bool is_bad = name.starts_with("bad");
      CHECK((wanted != "") == is_bad);
      ++(is_bad ? bad : good);
    }
    CHECK(good > 0);
    CHECK(bad > 0);
  }
}

TEST_CASE("every folder of examples belongs to a rule") {
  for (const std::string& name : names_in(examples)) {
    const bool is_folder = fs::is_directory(examples / name);
    CHECK_MESSAGE((!is_folder || rules::find(name) != nullptr), name);
  }
}

TEST_CASE("a table that is empty here gives a notice, and one that the migration makes nothing") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer, x integer)");
  project.dir.pair("0002", "b",
                   "CREATE INDEX ON a (x);\n"
                   "CREATE TABLE b (id integer);\n"
                   "INSERT INTO b VALUES (1);\n"
                   "CREATE INDEX ON b (id);\n"
                   "ALTER TABLE b ALTER id TYPE bigint;\n"
                   "DROP TABLE b");
  const Report report = project.dry_up();
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].severity == rules::Severity::notice);
  CHECK(report.findings[0].message ==
        "builds index a_x_idx while nobody can write to public.a (the table is empty here)");
  CHECK(project.dir.shortened(report.findings[0].where.file) == "sql/0002_b.sql");
}

TEST_CASE("what a function, a DO block or a trigger does counts for the statement that calls it") {
  Project project;
  project.dir.pair("0001", "schema",
                   "CREATE TABLE a (id integer, x integer); INSERT INTO a VALUES (1, 1);\n"
                   "CREATE TABLE log (id integer);\n"
                   "CREATE FUNCTION index_it() RETURNS void LANGUAGE plpgsql AS\n"
                   "  $$ BEGIN CREATE INDEX ON public.a (x); END $$;\n"
                   "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS\n"
                   "  $$ BEGIN INSERT INTO public.log VALUES (1); RETURN NULL; END $$;\n"
                   "CREATE TRIGGER note AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION note()");
  REQUIRE(told(project.up()) == "0001 done");
  project.dir.pair("0002", "b",
                   "SET search_path = '';\nSELECT public.index_it();\n"
                   "DO $$ BEGIN ALTER TABLE public.a ALTER x SET NOT NULL;\n END $$;\n"
                   "UPDATE public.a SET id = 2");
  Migrator migrator = project.migrator();
  const Report report = migrator.execute(migrator.prepare(
      {.direction = Direction::up, .finish = Finish::roll_back, .trace = Trace::statements}));
  CHECK_FALSE(report.failure);
  CHECK(told_findings(report) ==
        "2 index-not-concurrent\n3 lock-held-during-work\n3 not-null-scan\n");
  REQUIRE(report.steps[0].trace);
  const StatementTrace& update = report.steps[0].trace->back();
  REQUIRE(update.rows.size() == 2);
  CHECK(update.rows[0].table == "public.a");
  CHECK(update.rows[0].updated == 1);
  CHECK(update.rows[1].table == "public.log");
  CHECK(update.rows[1].inserted == 1);
}

TEST_CASE("a trace tells locks, time and WAL of each statement") {
  Project project;
  project.dir.pair("0001", "schema",
                   "CREATE TABLE a (id integer PRIMARY KEY); INSERT INTO a VALUES (1);\n"
                   "CREATE TABLE b (a_id integer)");
  REQUIRE(told(project.up()) == "0001 done");
  project.dir.pair("0002", "b",
                   "ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a NOT VALID;\n"
                   "SELECT pg_sleep(0.05);\n"
                   "INSERT INTO b SELECT 1 FROM generate_series(1, 500);\n"
                   "ALTER TABLE a ADD COLUMN x integer");
  Migrator migrator = project.migrator();
  const Report report = migrator.execute(migrator.prepare(
      {.direction = Direction::up, .finish = Finish::roll_back, .trace = Trace::statements}));
  REQUIRE(report.steps[0].trace);
  const std::vector<StatementTrace>& trace = *report.steps[0].trace;
  REQUIRE(trace.size() == 4);
  REQUIRE(trace[0].locks.size() == 2);
  for (const LockTrace& lock : trace[0].locks) {
    CHECK(lock.mode == LockMode::share_row_exclusive);
    CHECK(lock.measured);
  }
  CHECK(trace[1].duration_us >= 50'000);
  CHECK(trace[1].locks.empty());
  CHECK(trace[2].wal_bytes > 500 * 20);
  std::int64_t together = 0;  // no statement has the time of those before it
  for (const StatementTrace& statement : trace) together += statement.duration_us;
  CHECK(together <= (report.duration_ms + 1) * 1000);
  REQUIRE(trace[3].locks.size() == 1);
  CHECK(trace[3].locks[0].object == "public.a");
  CHECK(trace[3].locks[0].mode == LockMode::access_exclusive);
  CHECK(trace[3].changes.at(0).kind == ChangeKind::column_added);
}

TEST_CASE("a rollback tells what would be lost, with partitions and children") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE p (id integer, x integer) PARTITION BY LIST (id);\n"
                   "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\n"
                   "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);\n"
                   "CREATE SCHEMA s; CREATE TABLE s.\"T\" (id integer);\n"
                   "CREATE TABLE k (id integer, note text)",
                   "ALTER TABLE p DROP COLUMN x; DROP TABLE p; DROP SCHEMA s CASCADE; TRUNCATE k;\n"
                   "DO $$ BEGIN DROP TABLE k; END $$;");
  REQUIRE(told(project.up()) == "0001 done");
  project.db.run(
      "INSERT INTO p VALUES (1, 1), (2, NULL), (2, 5); INSERT INTO s.\"T\" VALUES (1), (2);"
      "INSERT INTO k VALUES (1, 'n')");
  const Report report = project.dry_down("0");
  CHECK_FALSE(report.failure);
  std::string losses;
  for (const Change& change : report.steps[0].losses) {
    losses += change.table + " " + change.part + " " +
              (change.lost ? std::to_string(*change.lost) : "?") + "\n";
  }
  CHECK(losses == "public.p x 2\npublic.p  3\ns.\"T\"  2\npublic.k  1\npublic.k  0\n");
  CHECK(told_findings(report) == "");
  CHECK(project.db.value("SELECT count(*) FROM p") == "3");
}

TEST_CASE("a directive allows a rule for the next statement, or for the script from its top") {
  Project project;
  project.dir.pair("0001", "schema", "CREATE TABLE a (x integer, y integer, z integer)");
  REQUIRE(told(project.up()) == "0001 done");
  const std::string indexes = "CREATE INDEX ON a (x);\nCREATE INDEX ON a (y);\n";
  SUBCASE("the script") {
    project.dir.pair("0002", "b", "-- pgtide: allow index-not-concurrent at night\n" + indexes);
    CHECK(told_findings(project.dry_up()) == "");
  }
  SUBCASE("one statement") {
    project.dir.pair("0002", "b",
                     "SELECT 1;\n-- pgtide: allow index-not-concurrent at night\n" + indexes);
    CHECK(told_findings(project.dry_up()) == "4 index-not-concurrent\n");
  }
  SUBCASE("another rule") {
    project.dir.pair("0002", "b", "-- pgtide: allow table-rewrite\n" + indexes);
    CHECK(told_findings(project.dry_up()) == "2 index-not-concurrent\n3 index-not-concurrent\n");
  }
  SUBCASE("no rule") {
    project.dir.pair("0002", "b",
                     "SELECT 1;\n-- pgtide: allow index-not-concurent why\n" + indexes);
    const auto problems = validate_directory(project.dir.path());
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].where.line == 2);
    CHECK(problems[0].message == "allow names no rule: \"index-not-concurent\"");
    CHECK(problems[0].hint == "did you mean index-not-concurrent?");
    CHECK(problems[0].source_line == "-- pgtide: allow index-not-concurent why");
  }
}

TEST_CASE("measuring changes nothing of what a script sees or may do") {
  Project project;
  project.db.run("CREATE ROLE visitor");
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer); GRANT ALL ON a TO visitor");
  REQUIRE(told(project.up()) == "0001 done");
  project.dir.pair(
      "0002", "b",
      "SET ROLE visitor;\nSET search_path = '';\nSET statement_timeout = 60001;\n"
      "UPDATE public.a SET id = 1;\n"
      "SAVEPOINT s;\nDELETE FROM public.a;\nROLLBACK TO s;\nRELEASE s;\n"
      "DO $$ BEGIN\n"
      "  IF current_setting('statement_timeout') <> '60001ms' OR current_user <> 'visitor'\n"
      "    OR current_setting('search_path') <> '\"\"' THEN RAISE 'changed'; END IF;\n"
      "END $$");
  const std::string before = project.db.dump();
  const Report report = project.dry_up();
  CHECK(failure(report, project.dir) == "");
  CHECK(told(report) == "0002 done");
  CHECK(project.db.dump() == before);
  project.db.run("DROP OWNED BY visitor; DROP ROLE visitor");
}
