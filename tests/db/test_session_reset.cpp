// What a script leaves behind in the session does not reach the ledger or the next script.
#include <doctest/doctest.h>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// 0002 fails when `condition` is false after `script` ran as 0001.
void check_after(Project& project, const std::string& script, const std::string& condition) {
  CAPTURE(script);
  project.dir.pair("0001", "a", script);
  project.dir.pair("0002", "b",
                   "DO $$ BEGIN IF (" + condition +
                       ") IS NOT TRUE THEN RAISE 'leaked'; END IF; END $$; CREATE TABLE b ();");
  const Report report = project.up();
  CHECK(told(report) == "0001 done, 0002 done");
  CHECK(failure(report, project.dir) == "");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
}

}  // namespace

TEST_CASE("settings of a script end with it") {
  Project project;
  SUBCASE("SET") {
    check_after(project, "SET work_mem = '77MB'", "current_setting('work_mem') <> '77MB'");
  }
  SUBCASE("search_path") {
    check_after(project, "SET search_path = ''", "current_setting('search_path') <> '\"\"'");
  }
  SUBCASE("search_path, as pg_dump empties it") {
    check_after(project, "SELECT pg_catalog.set_config('search_path', '', false)",
                "current_schema() = 'public'");
  }
  SUBCASE("a search_path that hides pg_catalog") {
    check_after(project,
                "CREATE SCHEMA evil;"
                "CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ "
                "SELECT NULL::timestamptz $$;"
                "CREATE TABLE evil.migrations (x int); CREATE DOMAIN evil.uuid AS integer;"
                "SET search_path = evil, pg_catalog",
                "true");
  }
  SUBCASE("read only") {
    check_after(project, "SET default_transaction_read_only = on",
                "current_setting('default_transaction_read_only') = 'off'");
  }
  SUBCASE("strings with backslashes") {
    check_after(project, "SET standard_conforming_strings = off",
                "current_setting('standard_conforming_strings') = 'on'");
  }
  SUBCASE("messages") {
    check_after(project, "SET client_min_messages = error",
                "current_setting('client_min_messages') = 'notice'");
  }
  SUBCASE("timeouts") {
    check_after(project, "SET statement_timeout = 1; SET lock_timeout = 1",
                "current_setting('statement_timeout') = '0' AND current_setting('lock_timeout') = "
                "'5s' AND pg_sleep(0.01) IS NOT NULL");
  }
  SUBCASE("RESET ALL takes nothing from the next script") {
    check_after(project, "RESET ALL", "current_setting('lock_timeout') = '5s'");
  }
  SUBCASE("a setting of a made-up name") {
    check_after(project, "SET app.tenant = 'x'",
                "coalesce(current_setting('app.tenant', true), '') = ''");
  }
  SUBCASE("SET LOCAL") {
    check_after(project, "SET LOCAL row_security = off", "current_setting('row_security') = 'on'");
  }
  SUBCASE("replication role") {
    check_after(project, "SET session_replication_role = replica",
                "current_setting('session_replication_role') = 'origin'");
  }
  SUBCASE("encoding") {
    check_after(project, "SET client_encoding = 'LATIN1'; SELECT 'x'",
                "current_setting('client_encoding') = 'UTF8' AND length('äöü') = 3");
  }
  SUBCASE("date style") {
    check_after(project, "SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'",
                "current_setting('datestyle') LIKE 'ISO%' AND current_setting('timezone') = 'UTC'");
  }
}

TEST_CASE("roles of a script end with it") {
  Project project;
  project.db.run("CREATE ROLE worker; GRANT CREATE ON SCHEMA public TO worker");
  SUBCASE("SET ROLE") {
    check_after(project, "SET ROLE worker; CREATE TABLE a ()", "current_user = 'postgres'");
    CHECK(project.db.value("SELECT tableowner FROM pg_tables WHERE tablename = 'a'") == "worker");
  }
  SUBCASE("SET LOCAL ROLE") {
    check_after(project, "SET LOCAL ROLE worker; CREATE TABLE a ()", "current_user = 'postgres'");
  }
  SUBCASE("SET SESSION AUTHORIZATION") {
    check_after(project, "SET SESSION AUTHORIZATION worker; CREATE TABLE a ()",
                "current_user = 'postgres' AND session_user = 'postgres'");
  }
  SUBCASE("a role and a failure") {
    project.dir.pair("0001", "a", "SET ROLE worker; CREATE TABLE a (); SELECT 1/0");
    CHECK(told(project.up()) == "0001 failed");
    CHECK(project.ledger() == "0001 a: failed, sql/0001_a.sql:1:37: division by zero (22012)\n");
  }
  SUBCASE("scripts run as the role that is set, the ledger is the login role's") {
    project.settings.role = "worker";
    check_after(project, "CREATE TABLE a ()", "current_user = 'worker'");
    CHECK(project.db.rows("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public' "
                          "ORDER BY 1") ==
          "a|worker\nb|worker\nmigrations|postgres\nmigrations_log|postgres\n");
    CHECK(project.db.rows("SELECT DISTINCT database_user FROM migrations_log") == "postgres\n");
  }
  project.db.run("DROP OWNED BY worker; DROP ROLE worker");
}

TEST_CASE("a prepared statement that a function made is in nobody's way") {
  Project project;
  project.dir.pair("0001", "function",
                   "CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS "
                   "$$BEGIN EXECUTE 'PREPARE p AS SELECT 1'; END$$");
  project.dir.pair("0002", "leaks", "SELECT make()");
  project.dir.pair("0003", "uses", "PREPARE p AS SELECT 2; EXECUTE p");
  CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done");
}

TEST_CASE("session objects of a script end with it") {
  Project project;
  SUBCASE("a temporary table") {
    check_after(project, "CREATE TEMPORARY TABLE t (id serial)", "to_regclass('t') IS NULL");
  }
  SUBCASE("a prepared statement") {
    check_after(project, "PREPARE p AS SELECT 1",
                "NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'p')");
  }
  SUBCASE("every prepared statement dropped") {
    check_after(project, "DEALLOCATE ALL", "true");
  }
  SUBCASE("LISTEN") {
    check_after(project, "LISTEN news", "(SELECT count(*) FROM pg_listening_channels()) = 0");
  }
  SUBCASE("a cursor that is held") {
    check_after(project, "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
                "(SELECT count(*) FROM pg_cursors WHERE name = 'c') = 0");
  }
  SUBCASE("an advisory lock") {
    check_after(project, "SELECT pg_advisory_lock(42)",
                "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42) = 0");
  }
  SUBCASE("the value of a sequence") {
    project.dir.pair("0001", "a", "CREATE SEQUENCE s; SELECT nextval('s')");
    project.dir.pair("0002", "b", "SELECT currval('s')");
    const Report report = project.up();
    CHECK(told(report) == "0001 done, 0002 failed");
    CHECK(report.failure->sqlstate == "55000");
  }
}

TEST_CASE("a script that frees all advisory locks does not free the run lock") {
  Project project;
  project.dir.pair(
      "0001", "a",
      "SELECT pg_advisory_unlock_all();\n"
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory') THEN "
      "RAISE 'free'; END IF; END $$;");
  project.dir.pair("0002", "b", "SELECT 1");
  CHECK(told(project.up()) == "0001 done, 0002 done");
}

TEST_CASE("settings of one transaction also hold for a rollback and for what fails") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()",
                   "SET search_path = ''; SET ROLE pg_monitor; RESET ROLE; DROP TABLE public.a;");
  project.dir.pair("0002", "b", "CREATE TABLE b ()",
                   "SET SESSION AUTHORIZATION postgres; DROP TABLE b");
  CHECK(told(project.up()) == "0001 done, 0002 done");
  CHECK(told(project.down("0")) == "0002 done, 0001 done");
  CHECK(project.ledger() == "0001 a: rolled back\n0002 b: rolled back\n");
}

TEST_CASE("the names in search_path are as PostgreSQL stores them") {
  Project project;
  project.db.run("CREATE SCHEMA \"Ops\"; CREATE SCHEMA ops; CREATE SCHEMA \"a,b\"");
  project.db.run("CREATE SCHEMA \"two words\"; CREATE SCHEMA AUTHORIZATION CURRENT_USER");
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  const auto made_in = [&](const char* search_path) {
    project.settings.search_path = search_path;
    CHECK(told(project.up()) == "0001 done");
    const std::string schema =
        project.db.value("SELECT schemaname FROM pg_tables WHERE tablename = 'a'");
    CHECK(told(project.down("0")) == "0001 done");
    return schema;
  };
  CHECK(made_in("Ops, ops") == "Ops");
  CHECK(made_in("\"Ops\",ops") == "Ops");
  CHECK(made_in("nowhere, two words, public") == "two words");
  CHECK(made_in("\"a,b\"") == "a,b");
  CHECK(made_in("$user, public") == project.db.value("SELECT current_user"));
}

TEST_CASE("search_path of the settings holds for scripts, the ledger stays where it is") {
  Project project;
  project.db.run("CREATE SCHEMA app");
  project.settings.search_path = "app, public";
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.has_table("app.a"));
  CHECK(project.db.has_table("public.migrations"));
}
