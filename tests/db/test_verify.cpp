// What verify finds, and what it must not.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "pgtide/schema/difference.hpp"
#include "pgtide/verifier.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

Settings settings_for(const std::string& directory) {
  Settings settings;
  settings.dir = directory;
  settings.pg_bin = server_options("").bin_dir;
  return settings;
}

Settings data(const std::string& name) {
  return settings_for(PGTIDE_SOURCE_DIR "/tests/data/proof/" + name);
}

const PairProof& pair(const ProofReport& report, const std::string& version) {
  for (const PairProof& pair : report.migrations) {
    if (pair.version_text == version) return pair;
  }
  throw std::runtime_error("no pair " + version);
}

// `0002 forgotten_index: not restored`, a line a pair.
std::string verdicts(const ProofReport& report) {
  std::string text;
  for (const PairProof& pair : report.migrations) {
    text +=
        pair.version_text + " " + pair.name + ": " + std::string(to_string(pair.verdict)) + "\n";
  }
  return text;
}

// The differences of a pair, and behind each the statement that made it.
std::string differences(const ProofReport& report, const std::string& version) {
  std::string text;
  for (const ProofDifference& found : pair(report, version).differences) {
    if (!text.empty()) text += "\n";
    text += schema::describe(found.difference);
    if (!found.made_by) continue;
    const std::string& file = found.made_by->where.file;
    const std::size_t folder = file.rfind('/', file.rfind('/') - 1);
    text += " <" + found.made_by->command + " " + file.substr(folder + 1, 8) + ":" +
            std::to_string(found.made_by->where.line) + ">";
  }
  return text;
}

std::string verdict(const ProofReport& report, const std::string& version) {
  return std::string(to_string(pair(report, version).verdict));
}

}  // namespace

TEST_CASE("every kind of broken rollback is found, and spoils no other verdict") {
  const ProofReport report = verify(data("broken"), {});
  CHECK(verdicts(report) ==
        "0001 tables: proved\n"
        "0002 forgotten_index: not restored\n"
        "0003 column_back_at_another_place: not restored\n"
        "0004 lost_default: not restored\n"
        "0005 lost_grant: not restored\n"
        "0006 wrong_type_length: not restored\n"
        "0007 cascade_takes_a_view: not restored\n"
        "0008 if_exists_hides_a_typo: not restored\n"
        "0009 data_lost: data lost\n"
        "0010 missing_comma: rollback failed\n"
        "0011 needs_what_is_not_there: up failed\n"
        "0012 row_stays: second up failed\n"
        "0013 irreversible: irreversible\n"
        "0014 without_rollback: no rollback\n"
        "0015 enum_label_stays: not restored\n"
        "0016 comment_only: not restored\n"
        "0017 concurrent_index_misnamed: rollback failed\n"
        "0018 sound_after_all: proved\n");
  CHECK(report.findings() == 15);
  CHECK(report.staircase);
  CHECK(differences(report, "0002") ==
        "index public.users_name_idx: added <CREATE INDEX sql/0002:2>");
  CHECK(differences(report, "0003") ==
        "table public.users: column order id, name, email, status, created_at -> "
        "id, name, status, created_at, email <ALTER TABLE rollback:1>");
  CHECK(differences(report, "0004") ==
        "column public.users.status: default 'new'::text -> none <ALTER TABLE sql/0004:1>");
  CHECK(
      differences(report, "0006") ==
      "column public.options.value: type text -> character varying(200) <ALTER TABLE sql/0006:1>");
  CHECK(differences(report, "0007") == "view public.people: removed <ALTER TABLE rollback:1>");
  CHECK(differences(report, "0008") == "table public.invitations: added <CREATE TABLE sql/0008:1>");
  CHECK(differences(report, "0015") ==
        "enum public.mood: labels 'happy', 'sad' -> 'happy', 'sad', 'curious' "
        "<ALTER TYPE ADD VALUE sql/0015:1>");
  const PairProof& lost = pair(report, "0009");
  REQUIRE(lost.rows.size() == 1);
  CHECK(lost.rows[0].table == "public.sessions");
  CHECK(lost.rows[0].before == 2);
  CHECK(lost.rows[0].lost == 2);
  const PairProof& failed = pair(report, "0010");
  REQUIRE(failed.failure);
  CHECK(failed.failure->where.line == 1);
  CHECK(failed.failure->where.column == 17);
  CHECK(failed.failure->sqlstate == "42601");
  CHECK(pair(report, "0012").failure->sqlstate == "23505");
  CHECK(pair(report, "0013").reason == "old passwords must go");
}

TEST_CASE("no good pair is called a bad one") {
  const ProofReport report = verify(data("good"), {});
  for (const PairProof& proof : report.migrations) {
    CAPTURE(proof.version_text);
    CAPTURE(proof.name);
    if (proof.failure) CAPTURE(proof.failure->message);
    CHECK(std::string(to_string(proof.verdict)) == "proved");
    CHECK(differences(report, proof.version_text) == "");
  }
  CHECK(report.migrations.size() == 23);
  CHECK(report.staircase);
}

TEST_CASE("differences that a project does not mind can be allowed") {
  Settings settings = data("broken");
  settings.verify_allow = {.column_order = true, .ownership = true};
  const ProofReport report = verify(settings, {.range = "2..5", .way_down = WayDown::pairs_only});
  CHECK(verdict(report, "0002") == "not restored");
  CHECK(verdict(report, "0003") == "data lost");  // the addresses, all the same
  CHECK(differences(report, "0003") == "");
  CHECK(verdict(report, "0004") == "not restored");
  CHECK(verdict(report, "0005") == "proved");
}

TEST_CASE("a range judges its pairs only, on top of the others") {
  const ProofReport report = verify(data("good"), {.range = "2..3"});
  CHECK(verdicts(report) ==
        "0002 seed_with_serial_ids: proved\n0003 foreign_key_to_a_seeded_id: proved\n");
  CHECK(report.applied_only == 1);
  CHECK_THROWS_WITH_AS(verify(data("good"), {.range = "3..2"}),
                       "`3..2` is neither a version nor a range of them", Error);
  CHECK_THROWS_WITH_AS(verify(data("good"), {.range = "99"}), "there is no migration 99", Error);
}

TEST_CASE("the way down finds what a pair alone does not show") {
  Directory dir;
  dir.pair("0001", "table", "CREATE TABLE t (id integer, note text NOT NULL)", "DROP TABLE t");
  dir.pair("0002", "optional", "ALTER TABLE t ALTER COLUMN note DROP NOT NULL",
           "ALTER TABLE t ALTER COLUMN note SET NOT NULL");
  dir.pair("0003", "seed", "INSERT INTO t VALUES (1, NULL)", "SELECT 1");
  const ProofReport report = verify(settings_for(dir.path()), {});
  CHECK(verdict(report, "0001") == "proved");
  CHECK(verdict(report, "0002") == "rollback failed");
  CHECK(pair(report, "0002").phase == ProofPhase::staircase);
  CHECK(verdict(report, "0003") == "proved");
  CHECK(verify(settings_for(dir.path()), {.way_down = WayDown::pairs_only}).findings() == 0);
}

TEST_CASE("a rollback that is only a comment leaves what was done to rows") {
  Directory dir;
  dir.pair("0001", "rows",
           "CREATE TABLE t (id integer, note text); INSERT INTO t SELECT i, 'old' FROM "
           "generate_series(1, 5) i",
           "DROP TABLE t");
  dir.pair("0002", "more", "INSERT INTO t VALUES (6, 'old')", "-- harmless");
  dir.pair("0003", "fewer", "DELETE FROM t WHERE id < 3", "-- gone for good");
  dir.pair("0004", "other", "UPDATE t SET note = 'new' WHERE id = 4", "/* nothing */");
  dir.pair("0005", "nothing", "-- nothing", "-- nothing");
  const ProofReport report = verify(settings_for(dir.path()), {});
  CHECK(verdict(report, "0002") == "proved");
  CHECK(pair(report, "0002").notes ==
        std::vector<std::string>{"1 row stays in public.t that was not there before"});
  CHECK(verdict(report, "0003") == "data lost");
  CHECK(pair(report, "0003").rows.at(0).lost == 2);
  CHECK(verdict(report, "0004") == "data lost");
  CHECK(pair(report, "0004").rows.at(0).changed == 1);
  CHECK(verdict(report, "0005") == "proved");
}

TEST_CASE("what fails because an earlier one failed says so") {
  Directory dir;
  dir.pair("0001", "a", "CREATE TABLE a (id integr)", "DROP TABLE a");
  dir.pair("0002", "b", "ALTER TABLE a ADD COLUMN n integer", "ALTER TABLE a DROP COLUMN n");
  dir.pair("0003", "c", "CREATE TABLE c ()", "DROP TABLE c");
  for (const char* version : {"0004", "0005", "0006"}) {
    dir.pair(version, "d", "ALTER TABLE a DROP COLUMN id", "SELECT 1");
  }
  const ProofReport report = verify(settings_for(dir.path()), {});
  CHECK(pair(report, "0006").notes.at(0) ==
        "0001, 0002, 0004 and 1 more failed before, which may be why");
  CHECK(verdict(report, "0001") == "up failed");
  CHECK(verdict(report, "0002") == "up failed");
  REQUIRE(pair(report, "0002").notes.size() == 1);
  CHECK(pair(report, "0002").notes[0] == "0001 failed before, which may be why");
  CHECK(verdict(report, "0003") == "proved");
}

TEST_CASE("an extension that the server lacks is said to be missing") {
  Directory dir;
  dir.pair("0001", "x", "CREATE EXTENSION no_such_extension", "DROP EXTENSION no_such_extension");
  const ProofReport report = verify(settings_for(dir.path()), {});
  CHECK(verdict(report, "0001") == "up failed");
  REQUIRE(pair(report, "0001").notes.size() == 1);
  CHECK(pair(report, "0001").notes[0].find("--url") != std::string::npos);
}

TEST_CASE("a scratch database must be empty, and stays so") {
  Directory dir;
  dir.pair("0001", "a", "CREATE TABLE a (id integer)", "DROP TABLE a");
  dir.pair("0002", "b", "CREATE INDEX b ON a (id)", "SELECT 1");
  Database scratch;
  const std::string before = scratch.dump();
  const std::string databases = "SELECT count(*) FROM pg_database WHERE datname ~ '^pgtide_verify'";
  const ProofReport report = verify(settings_for(dir.path()), {.scratch_url = scratch.conninfo()});
  CHECK(verdict(report, "0001") == "proved");
  CHECK(verdict(report, "0002") == "not restored");
  CHECK(scratch.connect().value(databases) == "0");
  CHECK(scratch.dump() == before);

  Database used;
  used.connect().run(
      "CREATE TABLE customers (); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  CHECK_THROWS_WITH_AS(verify(settings_for(dir.path()), {.scratch_url = used.conninfo()}),
                       ("the database " + used.name() +
                        " is not empty: it has table public.customers, function public.f; "
                        "nothing was run")
                           .c_str(),
                       Error);
}

TEST_CASE("an interrupted proof leaves nothing behind") {
  Directory dir;
  dir.pair("0001", "slow", "SELECT pg_sleep(600)", "SELECT 1");
  Database scratch;
  TestInterrupt interrupt;
  struct FireAtOnce final : ports::ProofObserver {
    TestInterrupt& interrupt;
    explicit FireAtOnce(TestInterrupt& given) : interrupt(given) {}
    void on_tick() override { interrupt.fire(2); }
  } observer(interrupt);
  bool stopped = false;
  try {
    verify(settings_for(dir.path()), {.scratch_url = scratch.conninfo()},
           {.observer = &observer, .interrupt = &interrupt});
  } catch (const Error& error) {
    stopped = error.kind() == ErrorKind::interrupted && error.signal() == 2;
  }
  CHECK(stopped);
  CHECK(scratch.connect().value(
            "SELECT count(*) FROM pg_database WHERE datname ~ '^pgtide_verify'") == "0");
}
