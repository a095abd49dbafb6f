// Rough conditions: large scripts, files that change under way, locks on the ledger itself.
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <future>
#include <iterator>

#include "pgtide/ledger_names.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

TEST_CASE("many statements, and the one that fails is named") {
  Project project;
  std::string script = "CREATE TABLE a (id integer);\n";
  for (int i = 0; i < 9000; ++i) script += "INSERT INTO a VALUES (" + std::to_string(i) + ");\n";
  project.dir.pair("0001", "a", script);
  SUBCASE("none fails") {
    const Report report = project.up();
    REQUIRE(told(report) == "0001 done");
    CHECK(tallies(report.steps[0]) == "CREATE TABLE 1/0, INSERT 9000/9000");
    CHECK(project.db.value("SELECT count(*) FROM a") == "9000");
  }
  SUBCASE("one fails") {
    script.replace(script.find("(6500)"), 6, "('x')");
    project.dir.pair("0001", "a", script);
    const Report report = project.up();
    CHECK(told(report) == "0001 failed");
    REQUIRE(report.failure);
    CHECK(report.failure->where.line == 6502);
    CHECK(report.failure->where.column == 23);
    CHECK(report.steps[0].statements == 6501);
    CHECK_FALSE(project.db.has_table("a"));
  }
}

TEST_CASE("answers that are larger than every buffer do not block the pipeline") {
  Project project;
  std::string script;
  for (int i = 0; i < 300; ++i) {
    script += "SELECT repeat('x', 20000), '" + std::string(4000, 'y') + "';\n";
    script += "DO $$ BEGIN RAISE NOTICE '%', repeat('n', 5000); END $$;\n";
  }
  project.dir.pair("0001", "a", script);
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.seen.notices.size() == 300);
}

TEST_CASE("one statement of several megabytes") {
  Project project;
  const std::string text(5'000'000, 'x');
  project.dir.pair("0001", "a", "CREATE TABLE a AS SELECT '" + text + "' AS t;\nSELECT wrong;");
  const Report failed = project.up();
  CHECK(failure(failed, project.dir) == "sql/0001_a.sql:2:8 42703 column \"wrong\" does not exist");
  project.dir.pair("0001", "a", "CREATE TABLE a AS SELECT '" + text + "' AS t;");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.value("SELECT length(t) FROM a") == "5000000");
}

TEST_CASE("a database in another encoding") {
  Project project({}, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
  project.dir.pair("0001", "a", "CREATE TABLE a AS SELECT 'äöü' AS t;\nSELECT 'ä', wrong;");
  CHECK(failure(project.up(), project.dir) ==
        "sql/0001_a.sql:2:13 42703 column \"wrong\" does not exist");
  project.dir.pair("0001", "a", "CREATE TABLE a AS SELECT 'äöü' AS t", "SELECT 'ä'; DROP TABLE a");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.value("SELECT length(t) FROM a") == "3");
  project.dir.remove("0001");
  CHECK(told(project.down("0")) == "0001 done");

  project.dir.pair("0002", "b", "SELECT 1;\nSELECT '€';");
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(report.failure->sqlstate == "22P05");
  CHECK(report.failure->where.line == 2);
}

TEST_CASE("a script that changes between planning and running runs whole, or not at all") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  Migrator migrator = project.migrator();
  const PreparedRun planned = migrator.prepare({});
  project.dir.forward("0001", "a", "CREATE TABLE b (); SELECT 1;");
  const Report report = migrator.execute(planned);
  if (report.failure) {
    CHECK(report.failure->message.find("changed") != std::string::npos);
    CHECK_FALSE(project.db.has_table("b"));
    CHECK(migrator.status().count(State::applied) == 0);
  } else {
    CHECK(project.ledger() == "0001 a: applied\n");
    CHECK(project.db.has_table("b"));
  }
}

TEST_CASE("a script that disappears between planning and running") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  Migrator migrator = project.migrator();
  const PreparedRun planned = migrator.prepare({});
  project.dir.remove("0002");
  try {
    const Report report = migrator.execute(planned);
    CHECK(project.db.has_table("a"));
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("0002") != std::string::npos);
  }
  CHECK_FALSE(project.db.has_table("b"));
  // The session is fit for use, whatever was said.
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  CHECK(migrator.up().count(StepOutcome::failed) == 0);
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
}

TEST_CASE("nothing to do takes no lock, and a dry run neither") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.up();
  Sql holder = project.db.connect();
  holder.run("SELECT pg_advisory_lock(" +
             std::to_string(LedgerNames().lock_key(project.db.name())) + ")");
  project.settings.lock_wait = std::chrono::milliseconds(0);
  CHECK(told(project.up()) == "");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  CHECK(told(project.dry_up()) == "0002 done");
  CHECK(project.refusal() != "");
}

TEST_CASE("a lock on the ledger's table ends a run in time") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.up();
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  project.settings.lock_timeout = std::chrono::milliseconds(100);
  project.settings.lock_retries = 0;
  Sql blocker = project.db.connect();
  Migrator migrator = project.migrator();
  SUBCASE("that writers wait for") {
    blocker.run("BEGIN; LOCK TABLE migrations IN EXCLUSIVE MODE");
    const Report report = migrator.up();
    CHECK(told(report) == "0002 failed");
    REQUIRE(report.failure);
    CHECK(report.failure->kind == FailureKind::environment);
    CHECK(report.failure->sqlstate == "55P03");
    CHECK_FALSE(report.failure->recorded);
    CHECK_FALSE(project.db.has_table("b"));
  }
  SUBCASE("that readers wait for") {
    blocker.run("BEGIN; LOCK TABLE migrations IN ACCESS EXCLUSIVE MODE");
    auto refused =
        std::async(std::launch::async, [&] { return project.refusal([&] { migrator.up(); }); });
    const bool in_time = refused.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
    CHECK(in_time);
    if (!in_time) blocker.run("COMMIT");
    CHECK(refused.get().find("cannot read the ledger") != std::string::npos);
    if (!in_time) blocker.run("BEGIN");
  }
  blocker.run("COMMIT");
  CHECK(told(migrator.up()) == "0002 done");
}

TEST_CASE("a server that ends idle sessions does not end the run lock") {
  Project project;
  if (std::stoi(project.db.value("SHOW server_version_num")) < 140000) return;  // has no such limit
  project.db.run("ALTER DATABASE " + project.db.name() + " SET idle_session_timeout = '100ms'");
  project.dir.pair("0001", "a", "CREATE TABLE a (); SELECT pg_sleep(0.5)");
  const Report report = project.up();
  CHECK(told(report) == "0001 done");
  CHECK(failure(report, project.dir) == "");
}

TEST_CASE("nor a run that waits for the lock") {
  Project project;
  if (std::stoi(project.db.value("SHOW server_version_num")) < 140000) return;  // has no such limit
  Sql holder = project.db.connect();
  holder.run("SET idle_session_timeout = 0; SELECT pg_advisory_lock(" +
             std::to_string(LedgerNames().lock_key(project.db.name())) + ")");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET idle_session_timeout = '100ms'");
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  auto run = std::async(std::launch::async, [&] { return told(project.up()); });
  CHECK(run.wait_for(std::chrono::milliseconds(500)) == std::future_status::timeout);
  holder.run("SELECT pg_advisory_unlock_all()");
  CHECK(run.get() == "0001 done");
}

TEST_CASE("timeouts that are set for the role or database do not reach pgtide's own statements") {
  Project project;
  project.db.run("ALTER DATABASE " + project.db.name() + " SET search_path = ''");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET standard_conforming_strings = off");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET datestyle = 'German, DMY'");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET intervalstyle = 'iso_8601'");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET bytea_output = 'escape'");
  project.dir.pair("0001", "a", "CREATE TABLE public.a ()",
                   "SELECT 'it''s \\\\ so'; DROP TABLE public.a");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.ledger() == "0001 a: applied\n");
  CHECK(project.migrator().status().entries.at(0).applied_at.size() == 24);
  project.dir.remove("0001");
  CHECK(told(project.down("0")) == "0001 done");
}

TEST_CASE("a wrong password is told, and never shown") {
  Project project;
  project.db.run(
      "SET password_encryption = 'scram-sha-256'; CREATE ROLE locked LOGIN PASSWORD 'right'");
  const std::string file = server().data_dir() + "/pg_hba.conf";
  std::ifstream in(file);
  const std::string before((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(file) << "local " << project.db.name() << " locked scram-sha-256\n" << before;
  project.db.run("SELECT pg_reload_conf()");
  project.settings.url =
      "postgresql://locked:s3cr%40t@/" + project.db.name() + "?host=" + server().socket_dir();
  std::string refused;
  CHECK(becomes_true([&] {
    refused = project.refusal([&] { project.migrator(); });
    return refused.find("password authentication failed") != std::string::npos;
  }));
  CHECK(refused.find("s3cr") == std::string::npos);
  project.settings.url = project.db.conninfo("user=locked password=right");
  CHECK(project.migrator().status().entries.empty());
  std::ofstream(file) << before;
  project.db.run("SELECT pg_reload_conf(); DROP ROLE locked");
}

TEST_CASE("a database ahead of the directory, and a gap in it") {
  Project project;
  for (const char* version : {"0001", "0002", "0003"}) project.dir.pair(version, "x", "SELECT 1");
  project.up();
  project.dir.remove("0003");
  CHECK(told(project.up()) == "");
  CHECK(project.migrator().prepare({}).plan.notices.size() == 1);
  project.settings.policy.database_ahead = DatabaseAhead::error;
  CHECK(project.refusal().find("0003 (x)") != std::string::npos);
  project.settings.policy.database_ahead = DatabaseAhead::warn;
  project.dir.pair("0003", "x", "SELECT 1");
  project.dir.remove("0002");
  project.dir.pair("0004", "x", "SELECT 1");
  CHECK(project.refusal().find("0002 (x) is applied, but its file is missing") !=
        std::string::npos);
}

TEST_CASE("a script that throws the whole schema away is undone and recorded") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()",
                   "DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
  project.up();
  const Report report = project.down("0");
  CHECK(told(report) == "0001 failed");
  CHECK(project.db.has_table("a"));
  CHECK(project.ledger().starts_with("0001 a: applied, error="));
}

TEST_CASE("a backup that is asked for and cannot be made stops the run") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.settings.rules.require_backup = true;
  project.settings.backup.enabled = true;
  project.settings.backup.directory = project.dir.path() + "/sql/0001_a.sql/backups";
  CHECK_THROWS_AS(project.up(), Error);
  CHECK_FALSE(project.db.has_table("a"));
  CHECK(told(project.dry_up()) == "0001 done");
  project.settings.backup.enabled = false;
  CHECK(project.refusal().find("a backup is required") != std::string::npos);
}
