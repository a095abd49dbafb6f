// A scratch database whose owner may not create others.
#include <doctest/doctest.h>

#include <string>

#include "pgtide/verifier.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// A database, and a role that owns it and may do nothing else.
struct Owned {
  Database db;
  std::string role = "owner_of_" + db.name();
  std::string before;

  Owned() {
    db.run("CREATE ROLE " + role + " LOGIN");
    db.run("ALTER DATABASE " + db.name() + " OWNER TO " + role);
    db.run("ALTER DATABASE " + db.name() + " SET statement_timeout = '50s'");
    if (db.value("SELECT current_setting('server_version_num')::int >= 150000") != "t") {
      db.run("GRANT ALL ON SCHEMA public TO " + role);
    }
    before = db.dump() + settings();
  }
  ~Owned() {
    db.run("ALTER DATABASE " + db.name() + " OWNER TO CURRENT_USER; DROP OWNED BY " + role +
           "; DROP ROLE " + role);
  }
  std::string settings() {
    return db.rows("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0");
  }
  std::string url() const { return db.conninfo("user=" + role); }
  bool is_as_it_was() { return db.dump() + settings() == before; }
};

std::string verdicts(const ProofReport& report) {
  std::string text;
  for (const PairProof& pair : report.migrations) {
    text += pair.version_text + " " + std::string(to_string(pair.verdict)) + "\n";
  }
  return text;
}

Settings settings_for(const Directory& dir) {
  Settings settings;
  settings.dir = dir.path();
  return settings;
}

}  // namespace

TEST_CASE(
    "the owner of nothing but the scratch database proves every pair in it, and leaves it empty") {
  Directory dir;
  dir.pair("0001", "a", "CREATE TABLE a (id integer, note text)", "DROP TABLE a");
  dir.pair("0002", "left", "CREATE INDEX a_id ON a (id)", "SELECT 1");
  dir.pair("0003", "concurrent", "CREATE INDEX CONCURRENTLY a_note ON a (note)",
           "DROP INDEX CONCURRENTLY a_note");
  dir.pair("0004", "half",
           "INSERT INTO a VALUES (1, 'x'), (2, 'x');\n"
           "CREATE UNIQUE INDEX CONCURRENTLY a_unique ON a (note)",
           "SELECT 1");
  dir.pair("0005", "schema",
           "CREATE SCHEMA s; CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS "
           "'SELECT 1'",
           "DROP SCHEMA s CASCADE");
  dir.pair("0006", "lost", "TRUNCATE a", "SELECT 1");
  dir.pair("0007", "sound", "ALTER TABLE a ADD COLUMN z integer", "ALTER TABLE a DROP COLUMN z");
  Owned scratch;
  std::string warnings;
  const ProofReport report = verify(settings_for(dir), {.scratch_url = scratch.url()},
                                    {.warn = [&](const std::string& text) { warnings += text; }});
  CHECK(verdicts(report) ==
        "0001 proved\n0002 not restored\n0003 proved\n0004 up failed\n0005 proved\n0006 proved\n"
        "0007 proved\n");
  CHECK(report.staircase);
  CHECK(warnings == "");
  CHECK(scratch.is_as_it_was());
}

TEST_CASE("what scripts changed of the database itself is put back") {
  Directory dir;
  dir.forward(
      "0001", "set",
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''7MB''', "
      "current_database()); END $$;\nALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
  Owned scratch;
  verify(settings_for(dir), {.scratch_url = scratch.url()});
  CHECK(scratch.is_as_it_was());
}

TEST_CASE("an interrupt leaves the scratch database empty, too") {
  Directory dir;
  dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  dir.pair("0002", "slow", "CREATE TABLE b (); COMMIT; SELECT pg_sleep(600)", "SELECT 1");
  Owned scratch;
  TestInterrupt interrupt;
  struct FireAtOnce final : ports::ProofObserver {
    TestInterrupt& interrupt;
    explicit FireAtOnce(TestInterrupt& given) : interrupt(given) {}
    void on_pair_judged(const PairProof&, std::size_t, std::size_t) override { interrupt.fire(2); }
  } observer(interrupt);
  CHECK_THROWS_AS(verify(settings_for(dir), {.scratch_url = scratch.url()},
                         {.observer = &observer, .interrupt = &interrupt}),
                  Error);
  CHECK(scratch.is_as_it_was());
}
