// What a pair does to the whole server: judged, put back, and no harm to the verdicts of others.
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

Settings settings_for(const Directory& dir) {
  Settings settings;
  settings.dir = dir.path();
  settings.pg_bin = server_options("").bin_dir;
  return settings;
}

// `proved`, or the verdict with what is behind it.
std::map<std::string, std::string> told(const ProofReport& report) {
  std::map<std::string, std::string> all;
  for (const PairProof& pair : report.migrations) {
    std::string& text = all[pair.version_text] = std::string(to_string(pair.verdict));
    if (pair.failure) text += "; " + pair.failure->message;
    for (const ProofDifference& found : pair.differences) {
      text += "; " + schema::describe(found.difference);
    }
    for (const RowLoss& loss : pair.rows) {
      text += "; " + loss.table + " -" + std::to_string(loss.lost) + " ~" +
              std::to_string(loss.changed);
      for (const std::string& column : loss.columns) text += " " + column;
    }
    for (const std::string& note : pair.notes) text += "; " + note;
  }
  for (const NotJudged& pair : report.not_judged) all[pair.version_text] = "not judged";
  return all;
}

}  // namespace

TEST_CASE("databases, subscriptions and slots of a pair are no matter of the others") {
  Directory dir;
  dir.pair("0001", "d", "CREATE DATABASE proof_one", "DROP DATABASE proof_one");
  dir.pair("0002", "d", "CREATE DATABASE proof_two CONNECTION LIMIT 3", "DROP DATABASE proof_two");
  dir.pair("0003", "p", "CREATE PUBLICATION p1", "DROP PUBLICATION p1");
  dir.pair("0004", "s",
           "CREATE SUBSCRIPTION s1 CONNECTION 'dbname=nowhere' PUBLICATION p1 WITH (connect = "
           "false)",
           "ALTER SUBSCRIPTION s1 SET (slot_name = NONE); DROP SUBSCRIPTION s1");
  dir.pair("0005", "left", "CREATE DATABASE proof_left", "SELECT 1");
  dir.pair("0006", "vacuum", "VACUUM; CREATE TABLE x (a int)", "DROP TABLE x");
  dir.pair("0007", "database", "ALTER DATABASE proof_one CONNECTION LIMIT 5",
           "ALTER DATABASE proof_one CONNECTION LIMIT 4");
  dir.pair("0008", "system", "ALTER SYSTEM SET work_mem = '8MB'", "SELECT 1");
  dir.pair("0009", "itself", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1");
  dir.pair("0010", "plain", "CREATE TABLE t (a int)", "DROP TABLE t");
  auto all = told(verify(settings_for(dir), {}));
  for (const char* version : {"0001", "0002", "0003", "0004", "0006", "0010"}) {
    CHECK_MESSAGE(all[version] == "proved", version, ": ", all[version]);
  }
  CHECK(all["0005"].starts_with("not restored; database proof_left: added"));
  CHECK(all["0007"] == "not restored; database proof_one: connection limit none -> 4");
  CHECK(all["0008"] == "not restored; server setting of the server.work_mem: added");
  CHECK(all["0009"] != "proved");
}

TEST_CASE("what a pair leaves of roles is seen") {
  Directory dir;
  dir.pair("0001", "roles", "CREATE ROLE ra; CREATE ROLE rb", "DROP ROLE rb; DROP ROLE ra");
  dir.pair("0002", "member", "GRANT ra TO rb");
  dir.pair("0003", "attribute", "ALTER ROLE ra CREATEROLE");
  dir.pair("0004", "grant", "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC");
  dir.pair("0005", "setting", "ALTER ROLE ra SET work_mem = '8MB'");
  dir.pair("0006", "comment", "COMMENT ON ROLE ra IS 'a role'");
  dir.pair("0007", "role", "CREATE ROLE rc");
  dir.pair("0008", "own",
           "DO $$BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', "
           "current_database()); END$$");
  dir.pair("0009", "password", "ALTER ROLE ra PASSWORD 'one'", "ALTER ROLE ra PASSWORD NULL");
  dir.pair("0010", "password", "ALTER ROLE rb PASSWORD 'two'");
  dir.pair("0011", "all", "ALTER ROLE ALL SET work_mem = '9MB'", "ALTER ROLE ALL RESET work_mem");
  dir.pair("0012", "plain", "VACUUM", "VACUUM");
  auto all = told(verify(settings_for(dir), {}));
  for (const char* version : {"0001", "0009", "0011", "0012"}) {
    CHECK_MESSAGE(all[version] == "proved", version, ": ", all[version]);
  }
  CHECK(all["0002"] == "not restored; membership rb in ra: added");
  CHECK(all["0003"] == "not restored; role ra: create role none -> yes");
  CHECK(all["0004"].starts_with("not restored; database template1: grants"));
  CHECK(all["0005"] == "not restored; server setting of role ra.work_mem: added");
  CHECK(all["0006"] == "not restored; role ra: comment none -> a role");
  CHECK(all["0007"].starts_with("not restored; role rc: added"));
  CHECK(all["0008"].starts_with("not restored; database (this one): grants"));
  CHECK(all["0010"].starts_with("not restored; role rb: password none -> "));

  Settings lenient = settings_for(dir);
  lenient.verify_allow.server = true;
  all = told(verify(lenient, {}));
  CHECK(all["0002"] == "proved");
  CHECK(all["0008"] == "proved");
}

TEST_CASE("rights on what initdb made are seen, down to columns") {
  Directory dir;
  dir.pair("0001", "a", "GRANT SELECT (rolpassword) ON pg_authid TO PUBLIC");
  dir.pair("0002", "b", "REVOKE USAGE ON TYPE int4 FROM PUBLIC");
  dir.pair("0003", "c", "REVOKE USAGE ON SCHEMA pg_catalog FROM PUBLIC",
           "GRANT USAGE ON SCHEMA pg_catalog TO PUBLIC");
  dir.pair("0004", "d", "GRANT UPDATE ON information_schema.sql_features TO PUBLIC");
  dir.pair("0005", "e", "REVOKE SELECT (subname) ON pg_subscription FROM PUBLIC");
  dir.pair("0006", "f", "GRANT SELECT (rolname) ON pg_authid TO PUBLIC",
           "REVOKE SELECT (rolname) ON pg_authid FROM PUBLIC");
  auto all = told(verify(settings_for(dir), {}));
  CHECK(all["0001"].starts_with("not restored; rights on column pg_authid.rolpassword: added"));
  CHECK(all["0002"].starts_with("not restored; rights on type int4: added"));
  CHECK(all["0003"] == "proved");
  CHECK(all["0004"].starts_with("not restored; rights on table information_schema.sql_features"));
  CHECK(all["0005"].starts_with("not restored; rights on column pg_subscription.subname"));
  CHECK(all["0006"] == "proved");
}

TEST_CASE("what becomes of rows, of large objects and of what views hold is seen") {
  Directory dir;
  dir.pair("0001", "t",
           "CREATE TABLE empty (key text PRIMARY KEY); CREATE TABLE lic (id int PRIMARY KEY, "
           "until timestamptz NOT NULL DEFAULT now(), code uuid DEFAULT gen_random_uuid(), made_by "
           "text DEFAULT current_user, ends timestamp DEFAULT now() + interval '30 days', no "
           "bigint GENERATED BY DEFAULT AS IDENTITY);"
           "INSERT INTO lic (id, until) VALUES (1, '2030-01-01'), (2, '2040-01-01');"
           "CREATE MATERIALIZED VIEW m AS SELECT id FROM lic",
           "DROP MATERIALIZED VIEW m; DROP TABLE lic, empty");
  dir.pair("0002", "left", "INSERT INTO empty VALUES ('a') ON CONFLICT DO NOTHING");
  dir.pair("0003", "constant", "UPDATE lic SET until = '2000-01-01'");
  dir.pair("0004", "constant",
           "UPDATE lic SET code = '00000000-0000-0000-0000-000000000000', made_by = 'x'");
  dir.pair("0005", "number", "UPDATE lic SET no = no + 1000 WHERE id = 1");
  dir.pair("0006", "back", "CREATE TABLE kept AS SELECT id FROM lic; DELETE FROM lic",
           "INSERT INTO lic (id) SELECT id FROM kept; DROP TABLE kept");
  dir.pair("0007", "refresh", "REFRESH MATERIALIZED VIEW m WITH NO DATA");
  dir.pair("0008", "large", "SELECT lo_from_bytea(0, 'abc')");
  dir.pair("0009", "large", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
  auto all = told(verify(settings_for(dir), {.way_down = WayDown::pairs_only}));
  CHECK(all["0001"] == "proved");
  CHECK(all["0002"] == "proved; 1 row stays in public.empty, which was empty before");
  CHECK(all["0003"] == "data lost; public.lic -0 ~2 until");
  CHECK(all["0004"] == "data lost; public.lic -0 ~2 code made_by");
  CHECK(all["0005"] == "data lost; public.lic -0 ~1 no");
  CHECK(all["0006"] ==
        "proved; public.lic has its rows again, with new values in columns that the server fills "
        "in");
  CHECK(all["0007"] == "not restored; materialized view public.m: populated none -> no");
  CHECK(all["0008"] == "proved; 1 row stays in large objects, which was empty before");
  CHECK(all["0009"] == "data lost; large objects -1 ~0");
}
