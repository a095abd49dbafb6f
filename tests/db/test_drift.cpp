// Whether the schema is what pgtide left, and what a round trip in the target shows.
#include <doctest/doctest.h>

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
