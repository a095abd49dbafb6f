// Whether the schema is what pgtide left, and what a round trip in the target shows.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pgtide/drift.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

class NoInterrupt final : public ports::Interrupt {
 public:
  int signal() const override { return 0; }
  int wait_fd() const override { return -1; }
};

std::string told(const SchemaDrift& drift) {
  if (!drift.known) return "unknown";
  std::string text = drift.version + (drift.changed ? " changed" : " same");
  for (const schema::Difference& difference : drift.differences) {
    text += "\n" + schema::describe(difference);
  }
  return text;
}

void fill(Project& project) {
  project.dir.pair("0001", "a", "CREATE TABLE a (id integer, note text)", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE INDEX a_note ON a (note)", "DROP INDEX a_note");
}

}  // namespace

TEST_CASE("what a run recorded is compared with what is there") {
  Project project;
  fill(project);
  CHECK(told(project.migrator().drift_from_record()) == "unknown");
  project.up("1");
  project.migrator().record_schema();
  CHECK(told(project.migrator().drift_from_record()) == "0001 same");
  project.db.run("ALTER TABLE a ALTER COLUMN note TYPE varchar(9); CREATE TABLE stray ()");
  CHECK(told(project.migrator().drift_from_record()) ==
        "0001 changed\ncolumn public.a.note: type text -> character varying(9)\n"
        "table public.stray: added");
  project.db.run("DROP TABLE stray; ALTER TABLE a ALTER COLUMN note TYPE text");
  CHECK(told(project.migrator().drift_from_record()) == "0001 same");

  project.up();
  CHECK(told(project.migrator().drift_from_record()) == "unknown");  // the ledger has moved on
  project.down("1");
  CHECK(told(project.migrator().drift_from_current()) == "0001 same");
  project.db.run("CREATE INDEX left_behind ON a (id)");
  CHECK(told(project.migrator().drift_from_current()) ==
        "0001 changed\nindex public.left_behind: added");
}

TEST_CASE("what others do in their schemas is no drift, what is done in one's own is") {
  Project project;
  project.dir.pair("0001", "a", "CREATE SCHEMA made; CREATE TABLE made.a (id int)",
                   "DROP SCHEMA made CASCADE");
  project.dir.pair("0002", "b", "CREATE TABLE b (id int)", "DROP TABLE b");
  project.settings.pg_bin = server_options("").bin_dir;
  project.settings.schema = "tenant_1";
  project.settings.search_path = "tenant_1";
  project.db.run("CREATE SCHEMA tenant_1; CREATE SCHEMA tenant_2");
  const NoInterrupt never;
  Migrator migrator = project.migrator();
  migrator.record_levels();
  migrator.up();
  migrator.record_schema();
  project.db.run(
      "CREATE TABLE tenant_2.c (id int); CREATE SCHEMA other; CREATE TABLE other.o ();"
      "CREATE FUNCTION tenant_2.f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  CHECK(told(migrator.drift_from_record()) == "0002 same");
  CHECK(told(drift_from_replay(migrator, project.settings, never)) == "0002 same");
  project.db.run("CREATE TABLE made.stray (); CREATE TABLE tenant_1.stray ()");
  const std::string strays = "0002 changed\ntable made.stray: added\ntable tenant_1.stray: added";
  CHECK(told(migrator.drift_from_record()) == strays);
  CHECK(told(drift_from_replay(migrator, project.settings, never)) == strays);
  // A schema that a script which did not run yet works in was others' until then.
  project.db.run("DROP TABLE made.stray, tenant_1.stray");
  project.dir.pair("0003", "o", "CREATE TABLE other.mine ()", "SELECT 1");
  CHECK(told(project.migrator().drift_from_record()) == "0002 same");
  Migrator later = project.migrator();
  later.record_levels();
  later.up();
  later.record_schema();
  CHECK(told(later.drift_from_record()) == "0003 same");
  later.down(ToVersion{"2"});
  CHECK(told(later.drift_from_current()) == "0002 changed\ntable other.mine: added");
}

TEST_CASE("a record belongs to the log, but not to the history") {
  Project project;
  fill(project);
  project.up();
  const std::size_t before = project.migrator().history().size();
  project.migrator().record_schema();
  CHECK(project.migrator().history().size() == before);
  CHECK(project.db.value("SELECT version || ' ' || length(schema_fingerprint) FROM migrations_log "
                         "WHERE event = 'schema_recorded'") == "0002 64");
}

TEST_CASE("a replay of what is applied shows what somebody changed by hand") {
  Project project;
  fill(project);
  project.settings.pg_bin = server_options("").bin_dir;
  project.up("1");
  const NoInterrupt never;
  Migrator migrator = project.migrator();
  CHECK(told(drift_from_replay(migrator, project.settings, never)) == "0001 same");
  project.db.run(
      "DROP TABLE a; CREATE TABLE a (id bigint, note text); CREATE ROLE drift_test; "
      "GRANT SELECT ON a TO drift_test");
  CHECK(told(drift_from_replay(migrator, project.settings, never)) ==
        "0001 changed\ncolumn public.a.id: type integer -> bigint");
  project.db.run("DROP OWNED BY drift_test; DROP ROLE drift_test");
}

TEST_CASE("a replay begins with what the scripts expect to be there") {
  Project project;
  project.db.run("CREATE TYPE mood AS ENUM ('calm')");
  project.dir.pair("0001", "a", "CREATE TABLE a (mood mood)", "DROP TABLE a");
  project.settings.pg_bin = server_options("").bin_dir;
  project.up();
  const NoInterrupt never;
  Migrator migrator = project.migrator();
  CHECK_THROWS_WITH_AS(drift_from_replay(migrator, project.settings, never),
                       "what is applied cannot be replayed", Error);
  std::filesystem::create_directory(project.dir.path() + "/fixtures");
  std::ofstream(project.dir.path() + "/fixtures/0000.sql")
      << "CREATE TYPE mood AS ENUM ('calm');\n";
  CHECK(told(drift_from_replay(migrator, project.settings, never)) == "0001 same");
}

TEST_CASE("pending pairs make their round trip in the target, and nothing stays") {
  Project project;
  fill(project);
  project.dir.pair("0003", "c", "CREATE TABLE c (id integer)", "SELECT 1");
  project.dir.pair("0004", "d", "ALTER TABLE a ADD COLUMN d integer",
                   "ALTER TABLE a DROP COLUMN e");
  project.dir.pair("0005", "e", "CREATE TABLE e (id integer)", "DROP TABLE e");
  project.up("1");
  const std::string before = project.db.dump();
  Migrator migrator = project.migrator();
  const ProofReport report = migrator.prove_pending(
      migrator.prepare({.direction = Direction::up, .finish = Finish::roll_back}));
  std::string verdicts;
  for (const PairProof& pair : report.migrations) {
    verdicts += pair.version_text + " " + std::string(to_string(pair.verdict)) + "\n";
  }
  CHECK(verdicts == "0002 proved\n0003 not restored\n0004 rollback failed\n0005 proved\n");
  CHECK(report.not_judged.empty());
  REQUIRE(report.migrations[1].differences.size() == 1);
  CHECK(schema::describe(report.migrations[1].differences[0].difference) ==
        "table public.c: added");
  CHECK(project.db.dump() == before);
}

TEST_CASE("every version that a small run passes can be compared with later") {
  Project project;
  fill(project);
  project.dir.pair("0003", "c", "CREATE TABLE c (id integer)", "SELECT 1");
  Migrator migrator = project.migrator();
  migrator.record_levels();
  CHECK(testing::told(migrator.up()) == "0001 done, 0002 done, 0003 done");
  migrator.record_schema();
  CHECK(
      project.db.rows("SELECT version FROM migrations_log WHERE event = 'schema_recorded' ORDER BY "
                      "id") == "0\n0001\n0002\n0003\n");
  project.down("2");
  CHECK(told(project.migrator().drift_from_current()) == "0002 changed\ntable public.c: added");
  project.db.run("DROP TABLE c");
  CHECK(told(project.migrator().drift_from_current()) == "0002 same");
  project.down("0");
  CHECK(told(project.migrator().drift_from_current()) == "0 same");
  // What is known is not read again; a version that somebody else left is.
  migrator.up(ToVersion{"2"});
  CHECK(project.db.value("SELECT count(*) FROM migrations_log WHERE event = 'schema_recorded'") ==
        "5");
}

TEST_CASE("a long run records its levels not at all, and a rollback says so") {
  Project project;
  for (int i = 1; i <= 21; ++i) {
    const std::string version = (i < 10 ? "000" : "00") + std::to_string(i);
    project.dir.pair(version, "t", "CREATE TABLE t" + std::to_string(i) + " ()",
                     "DROP TABLE t" + std::to_string(i));
  }
  Migrator migrator = project.migrator();
  migrator.record_levels();
  CHECK_FALSE(migrator.up().failure);
  migrator.record_schema();
  CHECK(project.db.rows("SELECT version FROM migrations_log WHERE event = 'schema_recorded'") ==
        "0021\n");
  project.down("20");
  const SchemaDrift drift = project.migrator().drift_from_current();
  CHECK_FALSE(drift.known);
  CHECK(drift.version == "0020");
}

TEST_CASE("a schema that cannot be read stops no run") {
  Project project;
  fill(project);
  Settings settings = project.settings;
  settings.lock_timeout = std::chrono::milliseconds(200);
  project.db.run("CREATE TABLE held (id integer); CREATE VIEW seen AS SELECT id FROM held");
  Sql other = project.db.connect();
  other.run("BEGIN; LOCK TABLE held");
  Recorder seen;
  Migrator migrator(settings, {.observer = &seen});
  migrator.record_levels();
  CHECK(testing::told(migrator.up()) == "0001 done, 0002 done");
  REQUIRE(seen.remarks.size() == 1);
  CHECK(seen.remarks[0].message.starts_with("the schema could not be recorded: "));
  other.run("ROLLBACK");
}
