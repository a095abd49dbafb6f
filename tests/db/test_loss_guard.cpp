// The guard against data loss: judged by the catalog and by the rows, inside the transaction.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

constexpr const char* data = R"(
CREATE SCHEMA archive;
CREATE TYPE mood AS ENUM ('ok');
CREATE DOMAIN score AS integer;
CREATE TABLE users (id integer PRIMARY KEY, note text, m mood, s score);
INSERT INTO users SELECT g, 'x' FROM generate_series(1, 10) g;
CREATE TABLE logs (day integer) PARTITION BY LIST (day);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (1);
INSERT INTO logs SELECT 1 FROM generate_series(1, 5);
CREATE TABLE base (id integer);
CREATE TABLE heir (extra integer) INHERITS (base);
INSERT INTO heir VALUES (1, 2);
CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE child (id integer REFERENCES parent ON DELETE CASCADE);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1);
CREATE TABLE hollow (id integer);
CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM public.users';
CREATE FUNCTION raze() RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE ''DROP TABLE '' || ''public.users''; END';
)";

struct Guarded : Project {
  Guarded() {
    db.run(data);
    settings.rules.data_loss = Permission::refuse;
    seen_before = contents();
  }
  std::string contents() {
    return db.value(
        "SELECT concat_ws(',', (SELECT count(*) FROM users), (SELECT count(*) FROM logs), (SELECT "
        "count(*) FROM heir), (SELECT count(*) FROM child), (SELECT count(*) FROM pg_attribute "
        "WHERE attrelid IN ('users'::regclass, 'heir'::regclass) AND attnum > 0 AND NOT "
        "attisdropped))");
  }
  // What `script` is refused with; empty when it ran.
  std::string said_of(const std::string& script) {
    dir.pair("0001", "a", script);
    try {
      const Report report = up();
      return report.failure ? report.failure->message : "";
    } catch (const Error& error) {
      return error.problems().empty() ? error.what() : error.problems().front().message;
    }
  }
  std::string seen_before;
};

}  // namespace

TEST_CASE("a script that would lose data does not commit") {
  const std::vector<std::string> scripts = {
      "CREATE TABLE archive.users AS SELECT * FROM public.users; DROP TABLE public.users",
      "CREATE TEMP TABLE users (id integer); DROP TABLE public.users",
      "CREATE TABLE archive.users (); SET search_path = archive; DROP TABLE users; "
      "SET search_path = public; DROP TABLE users",
      "CREATE TABLE archive.users (); TRUNCATE users",
      "ALTER TABLE users RENAME TO old; CREATE TABLE users (); DROP TABLE old",
      "CREATE TABLE fresh (); ALTER TABLE fresh RENAME TO gone; ALTER TABLE users RENAME TO fresh; "
      "DROP TABLE fresh",
      "DROP TYPE mood CASCADE",
      "DROP DOMAIN score CASCADE",
      "DROP SCHEMA public CASCADE",
      "ALTER TABLE base DROP COLUMN id CASCADE",
      "ALTER TABLE users ALTER COLUMN note TYPE integer USING 0",
      "WITH gone AS (DELETE FROM users RETURNING 1) SELECT count(*) FROM gone",
      "WITH gone AS (DELETE FROM users WHERE id > 0 RETURNING 1) SELECT count(*) FROM gone",
      "DELETE FROM users USING parent",
      "MERGE INTO users u USING (SELECT 1) x ON true WHEN MATCHED THEN DELETE",
      "DELETE FROM parent WHERE id = 1",
      "DROP TABLE logs",
      "TRUNCATE logs",
      "ALTER TABLE logs DETACH PARTITION logs_1; DROP TABLE logs_1",
      "SELECT wipe()",
      "SELECT raze()",
      "DO $$ BEGIN EXECUTE 'TRUNCATE users'; END $$",
      "DO $$ BEGIN ALTER TABLE users DROP note; END $$",
      "SAVEPOINT s; DROP TABLE users; RELEASE s",
      "-- pgtide: no-transaction\nCREATE TABLE archive.users (); DO 'BEGIN DROP TABLE users; END'",
      "-- pgtide: no-transaction\nBEGIN; SELECT raze(); COMMIT",
      "COMMENT ON TABLE users IS 'x';\n-- pgtide: allow data-loss meant\nDROP TABLE hollow; "
      "SELECT raze()",
      "RESET ALL; SELECT raze()",
      "SELECT raze(); RESET ALL",
  };
  const bool has_merge = Sql(server().conninfo()).value("SHOW server_version_num") >= "150000";
  for (const std::string& script : scripts) {
    if (!has_merge && script.starts_with("MERGE")) continue;
    Guarded project;
    const std::string said = project.said_of(script);
    CHECK_MESSAGE(said.find("loses data") != std::string::npos, script << " -> " << said);
    CHECK_MESSAGE(project.contents() == project.seen_before, script);
  }
}

TEST_CASE("what is owned by a role goes with DROP OWNED") {
  Guarded project;
  const std::string role = "leaver_" + project.db.value("SELECT current_database()");
  project.db.run("CREATE ROLE " + role + "; ALTER TABLE users OWNER TO " + role);
  CHECK(project.said_of("DROP OWNED BY " + role).find("table public.users") != std::string::npos);
  CHECK(project.contents() == project.seen_before);
  project.db.run("ALTER TABLE users OWNER TO CURRENT_USER; DROP ROLE " + role);
}

TEST_CASE("a script that loses nothing of what was there is let through") {
  for (const std::string script :
       {"CREATE TABLE t (id integer); INSERT INTO t VALUES (1); DELETE FROM t; DROP TABLE t",
        "CREATE TEMP TABLE users (id integer); DROP TABLE users",
        "CREATE SCHEMA made CREATE TABLE a (); DROP TABLE made.a; DROP SCHEMA made",
        "ALTER TABLE users ADD COLUMN z integer; ALTER TABLE users DROP COLUMN z",
        "DELETE FROM users WHERE id = 1", "ALTER TABLE users ALTER COLUMN id TYPE bigint",
        "ALTER TABLE hollow ALTER COLUMN id TYPE text USING id::text", "DROP FUNCTION raze()",
        "ALTER TABLE logs DETACH PARTITION logs_1", "SAVEPOINT s; DROP TABLE users; ROLLBACK TO s",
        "DO $$ BEGIN TRUNCATE hollow; END $$", "RESET ALL; CREATE TABLE t ()",
        "-- pgtide: no-transaction\nCREATE TABLE t (); DROP TABLE t",
        "-- pgtide: no-transaction\nCREATE TABLE t (); RESET ALL; VACUUM t",
        "-- pgtide: allow data-loss meant\nSELECT raze()",
        "SELECT 1;\n-- pgtide: allow data-loss meant\nSELECT raze(); CREATE TABLE t ()"}) {
    Guarded project;
    CHECK_MESSAGE(project.said_of(script) == "", script);
  }
}

TEST_CASE("a refused script fails as one that only an edit helps, and is recorded") {
  Guarded project;
  project.dir.pair("0001", "a", "CREATE TABLE t ();\nSELECT raze()");
  project.dir.pair("0002", "b", "SELECT 1");
  const Report report = project.up();
  CHECK(told(report) == "0001 failed, 0002 not_run");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::migration);
  CHECK(report.failure->message == "this loses data: table public.users");
  CHECK(report.failure->hint.find("allow data-loss") != std::string::npos);
  CHECK(report.failure->recorded);
  CHECK_FALSE(project.db.has_table("t"));
}
