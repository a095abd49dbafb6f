// Roles that may not do everything, and servers that take no changes.
#include <doctest/doctest.h>

#include <unistd.h>

#include <fstream>
#include <memory>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// Logs in as a role that owns nothing; it goes when the case ends.
struct GuestProject : Project {
  GuestProject() {
    // PostgreSQL 14 and older let everybody create in `public`.
    db.run("CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    settings.url = db.conninfo("user=guest");
    dir.pair("0001", "a", "SELECT 1");
  }
  ~GuestProject() { db.run("DROP OWNED BY guest; DROP ROLE guest"); }
};

}  // namespace

TEST_CASE("a role that may not create the ledger is told which GRANT helps") {
  GuestProject project;
  Migrator migrator = project.migrator();
  const Report report = migrator.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->sqlstate == "42501");
  CHECK(report.failure->hint.find("GRANT USAGE, CREATE ON SCHEMA \"public\"") != std::string::npos);
  CHECK(report.count(StepOutcome::failed) == 0);
  CHECK(report.count(StepOutcome::not_run) == 1);
  CHECK_FALSE(project.db.has_table("migrations"));
  // No transaction is left open.
  CHECK(migrator.status().count(State::pending) == 1);

  project.db.run("GRANT USAGE, CREATE ON SCHEMA public TO guest");
  CHECK(told(migrator.up()) == "0001 done");
}

TEST_CASE("a role that may read the ledger but not write it") {
  GuestProject project;
  project.settings.url = project.db.conninfo();
  project.up();
  project.db.run("GRANT SELECT ON migrations, migrations_log TO guest");
  project.settings.url = project.db.conninfo("user=guest");
  CHECK(project.states() == "0001 applied ready\n");
  project.dir.pair("0002", "b", "SELECT 1");
  Migrator migrator = project.migrator();
  const Report report = migrator.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->hint.find("GRANT SELECT, INSERT, UPDATE ON \"public\".\"migrations\"") !=
        std::string::npos);
  CHECK_FALSE(report.failure->recorded);
  CHECK(migrator.status().count(State::pending) == 1);
  try {
    migrator.resolve_applied("2");
    FAIL("it was recorded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::environment);
    CHECK(error.hint().find("GRANT SELECT, INSERT, UPDATE") != std::string::npos);
  }
  CHECK(migrator.status().count(State::pending) == 1);
  project.db.run("GRANT INSERT, UPDATE ON migrations, migrations_log TO guest");
  CHECK(told(migrator.up()) == "0002 done");
}

TEST_CASE("a role that may not read the ledger") {
  GuestProject project;
  project.settings.url = project.db.conninfo();
  project.up();
  project.settings.url = project.db.conninfo("user=guest");
  const std::string refused = project.refusal([&] { project.migrator().status(); });
  CHECK(refused.find("permission denied for table migrations") != std::string::npos);
  CHECK(refused.find("GRANT SELECT") != std::string::npos);
}

TEST_CASE("a role that may not enter the ledger's schema") {
  GuestProject project;
  project.db.run("CREATE SCHEMA ops");
  project.settings.schema = "ops";
  const std::string refused = project.refusal([&] { project.migrator().status(); });
  CHECK(refused.find("permission denied for schema ops") != std::string::npos);
  CHECK(refused.find("GRANT USAGE") != std::string::npos);
}

TEST_CASE("a role that may not create temporary tables cannot run dry") {
  GuestProject project;
  project.db.run("GRANT CREATE ON SCHEMA public TO guest; REVOKE TEMPORARY ON DATABASE " +
                 project.db.name() + " FROM PUBLIC");
  const Report report = project.dry_up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->sqlstate == "42501");
  CHECK(report.failure->hint.find("GRANT TEMPORARY ON DATABASE") != std::string::npos);
  CHECK(report.count(StepOutcome::failed) == 0);
  CHECK(told(project.up()) == "0001 done");
}

TEST_CASE("a script that lacks a privilege is the script's failure") {
  GuestProject project;
  project.db.run("GRANT CREATE ON SCHEMA public TO guest; CREATE TABLE secret ()");
  project.dir.pair("0001", "a", "SELECT 1;\nDROP TABLE secret;");
  const Report report = project.up();
  CHECK(told(report) == "0001 failed");
  CHECK(failure(report, project.dir) == "sql/0001_a.sql:2:1 42501 must be owner of table secret");
  CHECK(report.failure->kind == FailureKind::migration);
}

TEST_CASE("an unknown database, role and server") {
  Project project;
  const auto refused = [&](const std::string& url) {
    project.settings.url = url;
    try {
      project.migrator();
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::environment);
      CHECK(error.hint() != "");
      return std::string(error.what());
    }
    return std::string("connected");
  };
  CHECK(refused(project.db.conninfo("user=nobody_knows password=s3cret"))
            .find("role \"nobody_knows\" does not exist") != std::string::npos);
  std::string url = project.db.conninfo();
  url.replace(url.find(project.db.name()), project.db.name().size(), "nowhere");
  CHECK(refused(url).find("database \"nowhere\" does not exist") != std::string::npos);
  CHECK(refused("host=/nonexistent dbname=x").find("cannot connect") == 0);
}

TEST_CASE("a standby shows its status and refuses everything else") {
  const TempDir folder;
  const auto options = server_options(folder.path() + "/pg");
  Directory dir;
  dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  Settings settings;
  settings.dir = dir.path();
  std::string data;
  {
    EmbeddedServer primary(options);
    settings.url = primary.conninfo();
    CHECK(told(Migrator(settings).up()) == "0001 done");
    data = primary.data_dir();
  }
  // It recovers from here on and waits for WAL that never comes: read-only, as any standby.
  std::ofstream(data + "/standby.signal").close();
  EmbeddedServer standby(options);
  settings.url = standby.conninfo();
  CHECK(Sql(standby.conninfo()).value("SELECT pg_is_in_recovery()") == "t");

  CHECK(Migrator(settings).status().count(State::applied) == 1);
  CHECK(Migrator(settings).history().size() == 1);
  CHECK(told(Migrator(settings).up()) == "");  // nothing to do needs no primary

  dir.pair("0002", "b", "CREATE TABLE b ()");
  CHECK(Migrator(settings).status().count(State::pending) == 1);
  const auto kind_of = [&](auto action) {
    try {
      action();
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("standby") != std::string::npos);
      return error.kind();
    }
    return ErrorKind::internal;
  };
  CHECK(kind_of([&] { Migrator(settings).up(); }) == ErrorKind::environment);
  CHECK(kind_of([&] { Migrator(settings).down(ToEmpty{}); }) == ErrorKind::environment);
  CHECK(kind_of([&] { Migrator(settings).baseline("2"); }) == ErrorKind::environment);
  CHECK(kind_of([&] {
          Migrator one(settings);
          one.execute(one.prepare({.finish = Finish::roll_back}));
        }) == ErrorKind::environment);
}

TEST_CASE("a database that is read-only by default") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET default_transaction_read_only = on");
  CHECK(project.migrator().status().count(State::pending) == 1);
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->sqlstate == "25006");
}

TEST_CASE("a script that has a role of its own does not go back to the login role") {
  GuestProject project;
  project.settings.url = project.db.conninfo();
  project.settings.role = "guest";
  project.db.run("GRANT CREATE, USAGE ON SCHEMA public TO guest");
  CHECK(told(project.up()) == "0001 done");
  for (const std::string script :
       {"RESET ROLE; UPDATE migrations SET checksum = 'forged'",
        "DO $$ BEGIN EXECUTE 'SET ROLE NONE'; UPDATE migrations SET checksum = 'forged'; END $$"}) {
    project.dir.pair("0002", "b", script);
    CHECK(project.refusal().find("takes the script back to the role that pgtide logged in as") !=
          std::string::npos);
  }
  CHECK(project.db.value("SELECT count(*) FROM migrations WHERE checksum = 'forged'") == "0");
  // A way back is run all the same, and named.
  project.dir.pair("0002", "b", "SELECT 1", "RESET ROLE; SELECT 1");
  CHECK(told(project.up()) == "0002 done");
  CHECK(told(project.down("1")) == "0002 done");
  REQUIRE(project.seen.remarks.size() == 1);
  CHECK(project.seen.remarks[0].message.starts_with("RESET ROLE takes the script back"));
}
