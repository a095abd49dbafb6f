// A database that NeuroQuest's runner migrated until now, and the repairs that its users type.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "pgtide/checksum.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

const std::string seed = PGTIDE_SOURCE_DIR "/tests/data/seed";

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), by);
}

// 0001 to 0003 applied, 0004 failed, 0005 never run.
struct Adopted : Project {
  Adopted() {
    dir.copy(seed + "/migrations");
    // Times without zone must be read as UTC whatever the session's zone is.
    db.run("ALTER DATABASE " + db.name() + " SET timezone = 'Asia/Tokyo'");
    for (const char* script :
         {"0001_initial_schema", "0002_add_user_preferences", "0003_add_feature"}) {
      db.run(text_of(seed + "/migrations/sql/" + script + ".sql"));
    }
    db.run(text_of(seed + "/adopted.sql"));
  }
};

}  // namespace

TEST_CASE("status of an adopted ledger") {
  Adopted project;
  const StatusReport status = project.migrator().status();
  REQUIRE(status.entries.size() == 5);
  CHECK(status.current == "0003");
  CHECK(status.entries[0].applied_at == "2024-01-10T09:12:44.107Z");
  CHECK(status.entries[0].execution_time_ms == 83);
  CHECK(status.entries[3].error == "canceling statement due to lock timeout");
  CHECK(project.states() ==
        "0001 applied ready\n0002 applied ready\n0003 applied ready\n0004 failed ready\n"
        "0005 pending ready\n");
  CHECK_FALSE(project.db.has_table("migrations_log"));
}

TEST_CASE("an adopted ledger goes up and down, its table stays as it was made") {
  Adopted project;
  const char* columns =
      "SELECT column_name, data_type, character_maximum_length, is_nullable FROM "
      "information_schema.columns WHERE table_name = 'migrations' ORDER BY ordinal_position";
  const std::string table_before = project.db.rows(columns);
  CHECK(told(project.up()) == "0004 done, 0005 done");
  CHECK(project.ledger() ==
        "0001 initial_schema: applied\n0002 add_user_preferences: applied\n"
        "0003 add_feature: applied\n0004 add_email_address: applied\n"
        "0005 switch_users: applied\n");
  CHECK(project.db.rows(columns) == table_before);
  CHECK(project.db.value("SELECT bool_and(id IS NOT NULL) FROM migrations") == "t");
  // UTC without a zone, as the rows before it.
  CHECK(
      project.db.value("SELECT abs(extract(epoch FROM applied_at - (now() AT TIME ZONE 'UTC'))) < "
                       "60 FROM migrations WHERE version = '0005'") == "t");
  CHECK(project.db.value("SELECT id FROM migrations WHERE version = '0004'") ==
        "5f0c1d52-6a0e-4a52-9a3e-0d6a3c1b7e04");

  CHECK(told(project.down("2")) == "0005 done, 0004 done, 0003 done");
  CHECK(project.db.value("SELECT abs(extract(epoch FROM rolled_back_at - (now() AT TIME ZONE "
                         "'UTC'))) < 60 FROM migrations WHERE version = '0005'") == "t");
  CHECK(project.ledger() ==
        "0001 initial_schema: applied\n0002 add_user_preferences: applied\n"
        "0003 add_feature: rolled back\n0004 add_email_address: rolled back\n"
        "0005 switch_users: rolled back\n");
  CHECK(told(project.up()) == "0003 done, 0004 done, 0005 done");
  CHECK(told(project.down("0")) == "0005 done, 0004 done, 0003 done, 0002 done, 0001 done");
}

TEST_CASE("the monitoring view of an adopted database keeps its columns") {
  Adopted project;
  SUBCASE("it is there already") {
    project.db.run(text_of(seed + "/migration_health.sql"));
  }
  SUBCASE("pgtide makes it") {}
  project.up();
  CHECK(project.db.rows("SELECT version, name, status FROM migration_health") ==
        "0005|switch_users|applied\n0004|add_email_address|applied\n0003|add_feature|applied\n"
        "0002|add_user_preferences|applied\n0001|initial_schema|applied\n");
  CHECK(project.db.rows("SELECT column_name FROM information_schema.columns WHERE table_name = "
                        "'migration_health' ORDER BY ordinal_position") ==
        "version\nname\napplied_at\nexecution_time\nstatus\n");
}

TEST_CASE("a changed checksum is repaired by hand") {
  Adopted project;
  const std::string edited = "ALTER TABLE users ADD COLUMN preferences JSONB; -- edited\n";
  project.dir.forward("0003", "add_feature", edited);
  CHECK(project.refusal().find("0003 (add_feature) has changed since it was applied") !=
        std::string::npos);
  std::string repair = text_of(seed + "/repair_checksum.sql");
  replace(repair, "new_checksum", sha256_hex(edited));
  project.db.run(repair);
  CHECK(told(project.up()) == "0004 done, 0005 done");
}

TEST_CASE("a failed migration is marked as rolled back by hand and runs again") {
  Adopted project;
  project.db.run(text_of(seed + "/repair_rolled_back.sql"));
  CHECK(project.states() ==
        "0001 applied ready\n0002 applied ready\n0003 applied ready\n0004 rolled_back ready\n"
        "0005 pending ready\n");
  CHECK(told(project.up("0004")) == "0004 done");
  CHECK(project.db.rows("SELECT success, error, rolled_back_at FROM migrations WHERE version = "
                        "'0004'") == "t|-|-\n");
}

TEST_CASE("rows of another runner that leave columns empty count as applied") {
  Adopted project;
  project.db.run("UPDATE migrations SET success = NULL, checksum = NULL, execution_time = NULL");
  CHECK(told(project.up()) == "0005 done");
}

TEST_CASE("a version that is too long for an adopted table is refused before anything runs") {
  Adopted project;
  project.dir.remove("0005");
  project.dir.pair("20240115103000", "wide", "CREATE TABLE wide ()", "DROP TABLE wide");
  const std::string refused = project.refusal();
  CHECK(refused.find("20240115103000") != std::string::npos);
  CHECK(refused.find("ALTER TABLE") != std::string::npos);
  CHECK_FALSE(project.db.has_table("wide"));
  CHECK_FALSE(project.db.has_table("migrations_log"));
  project.db.run("ALTER TABLE migrations ALTER COLUMN version TYPE varchar(20)");
  CHECK(told(project.up()) == "0004 done, 20240115103000 done");
}

TEST_CASE("a dry run on an adopted database leaves it as it is") {
  Adopted project;
  const std::string before = project.db.dump();
  CHECK(told(project.dry_up()) == "0004 done, 0005 done");
  CHECK(told(project.dry_down("0001")) == "0003 done, 0002 done");
  CHECK(project.db.dump() == before);
}

TEST_CASE("an adopted table without a unique version is refused") {
  Adopted project;
  project.db.run("ALTER TABLE migrations DROP CONSTRAINT migrations_version_key");
  CHECK(project.refusal().find("UNIQUE (version)") != std::string::npos);
}
