// What a snapshot holds, and that reading it changes nothing.
#include <doctest/doctest.h>

#include <string>

#include "pgtide/error.hpp"
#include "support/db_project.hpp"
#include "support/db_snapshot.hpp"

using namespace pgtide;
using namespace pgtide::testing;

TEST_CASE("an empty database has the schema public and the language's extension") {
  Database db;
  const std::string text = text_of(snapshot_of(db));
  CHECK(text ==
        "extension plpgsql\n"
        "extension plpgsql: schema=pg_catalog\n"
        "extension plpgsql: version=1.0\n"
        "schema public\n"
        "schema public: comment=standard public schema\n");
}

TEST_CASE("the ledger is no part of the schema") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1", "SELECT 1");
  const schema::Snapshot before = snapshot_of(project.db);
  project.up();
  CHECK(described(before, snapshot_of(project.db)) == "");
}

TEST_CASE("a ledger in a schema of its own is no part of the schema either") {
  Settings settings;
  settings.schema = "tide";
  Project project(settings);
  project.dir.pair("0001", "a", "SELECT 1", "SELECT 1");
  SnapshotSession session(project.db.conninfo());
  const LedgerNames names{.schema = "tide"};
  const schema::Snapshot before = session.read(names);
  project.up();
  CHECK(described(before, session.read(names)) == "");
  project.db.run("CREATE TABLE tide.mine ()");
  CHECK(described(before, session.read(names)) == "schema tide: added\ntable tide.mine: added\n");
}

TEST_CASE("a ledger with names that must be quoted is known") {
  Database db;
  SnapshotSession session(db.conninfo());
  const LedgerNames names{.schema = "order", .table = "Group"};
  db.run("CREATE SCHEMA \"order\"");
  const schema::Snapshot before = session.read(names);
  db.run(
      "CREATE TABLE \"order\".\"Group\" (id serial PRIMARY KEY);"
      "CREATE TABLE \"order\".\"Group_log\" (id serial PRIMARY KEY);"
      "CREATE TABLE \"order\".groups ()");
  CHECK(described(before, session.read(names)) == "table \"order\".groups: added\n");
}

TEST_CASE("an open transaction's changes are seen, and nothing that is set stays behind it") {
  Database db;
  SnapshotSession session(db.conninfo());
  const schema::Snapshot before = session.read();
  session.run("BEGIN; SET LOCAL search_path = ''; SET TimeZone = 'Asia/Tokyo'");
  session.run("CREATE TABLE public.t (id int, at timestamptz DEFAULT '2020-01-01 00:00:00+00')");
  CHECK(described(before, session.read()) == "table public.t: added\n");
  CHECK(session.value("SHOW search_path") == "pg_catalog, pg_temp");
  CHECK(session.value("SHOW TimeZone") == "UTC");
  session.run("COMMIT");
  CHECK(session.value("SHOW search_path") == "\"$user\", public");
  CHECK(session.value("SHOW TimeZone") == "Asia/Tokyo");
  const std::string text = text_of(session.read());
  CHECK(text.find("default='2020-01-01 00:00:00+00'::timestamp with time zone") != text.npos);
  CHECK(session.value("SHOW TimeZone") == "Asia/Tokyo");
}

TEST_CASE("a transaction that failed already cannot be read in") {
  Database db;
  SnapshotSession session(db.conninfo());
  session.run("BEGIN");
  CHECK_THROWS(session.run("SELECT 1/0"));
  CHECK_THROWS_AS(session.read(), Error);
  session.run("ROLLBACK");
  session.read();
}

TEST_CASE("a role without rights reads the same schema") {
  Database db;
  db.run(
      "CREATE ROLE nobody_special LOGIN; CREATE SCHEMA hidden; REVOKE ALL ON SCHEMA hidden FROM "
      "PUBLIC;"
      "CREATE TABLE hidden.t (id serial PRIMARY KEY, name text CHECK (name <> ''));"
      "CREATE VIEW hidden.v AS SELECT name FROM hidden.t;"
      "CREATE FUNCTION hidden.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'");
  CHECK(described(snapshot_of(db), SnapshotSession(db.conninfo("user=nobody_special")).read()) ==
        "");
}

TEST_CASE("a role that the script took on is no hindrance") {
  Database db;
  db.run("CREATE ROLE script_role; CREATE TABLE t (a integer)");
  SnapshotSession session(db.conninfo());
  session.run("BEGIN; SET LOCAL ROLE script_role");
  CHECK(described(snapshot_of(db), session.read()) == "");
  CHECK(session.value("SELECT current_user") == "script_role");
}
