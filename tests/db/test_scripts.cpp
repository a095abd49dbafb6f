// What a script may hold: everything that psql would run and that is SQL.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/program.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// A plain dump as pg_dump writes it.
std::string dump(const Database& database, std::vector<std::string> options = {}) {
  std::vector<std::string> argv = {binary("pg_dump"), "--dbname=" + database.conninfo(),
                                   "--exclude-table=migrations", "--exclude-table=migrations_log*",
                                   "--exclude-table=migration_health"};
  argv.insert(argv.end(), options.begin(), options.end());
  const adapters::ProgramResult result = adapters::ask_program(argv);
  if (result.exit_code != 0) throw std::runtime_error(result.said);
  return result.output;
}

// Since PostgreSQL 14 a function's body may be SQL without quotes.
bool has_atomic(Project& project) {
  return std::stoi(project.db.value("SHOW server_version_num")) >= 140000;
}

std::string body(bool atomic, const std::string& sql) {
  return atomic ? "BEGIN ATOMIC\n" + sql + "END;\n" : "AS $$\n" + sql + "$$;\n";
}

// A database with what the samples make, and rows of every awkward kind.
void make_original(Project& original) {
  original.dir.copy(PGTIDE_SOURCE_DIR "/migrations");
  REQUIRE(failure(original.up(), original.dir) == "");
  original.db.run(
      "CREATE TABLE awkward (id integer GENERATED ALWAYS AS IDENTITY, \"Two Words\" text, b bytea, "
      "a text[], j jsonb);"
      "INSERT INTO awkward (\"Two Words\", b, a, j) VALUES "
      "(E'tab\\t newline\\n back\\\\slash', '\\x00ff', '{a,\"b,c\",NULL}', '{\"k\": \":name\"}'),"
      "('\\.', NULL, '{}', 'null'), ('', '', NULL, '[1]'), (NULL, NULL, NULL, NULL),"
      "('ä€😀', NULL, NULL, NULL), ('-- pgtide: no such directive', NULL, NULL, NULL);"
      "CREATE VIEW seen AS SELECT \"Two Words\" AS w FROM awkward WHERE id > 1;"
      "CREATE RULE seen_insert AS ON INSERT TO seen DO INSTEAD "
      "(INSERT INTO awkward (\"Two Words\") VALUES (NEW.w); "
      "INSERT INTO awkward (\"Two Words\") VALUES (NEW.w || ';'));"
      "COMMENT ON TABLE awkward IS 'quotes '' and ; and $$';"
      "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM awkward;");
}

std::string rows_of(Database& database) {
  return database.rows("SELECT * FROM awkward ORDER BY id") +
         database.rows("SELECT count(*) FROM users") + database.rows("SELECT * FROM counted");
}

}  // namespace

TEST_CASE("a plain dump of a real database is a migration") {
  if (!can_dump()) return;  // the server's own pg_dump is not installed
  Project original;
  make_original(original);
  std::string text = dump(original.db);
  SUBCASE("with the lines of a newer pg_dump") {
    if (text.find("\\restrict") == std::string::npos) {
      text = "\\restrict abc\n\n" + text + "\n\\unrestrict abc\n\n";
    }
  }
  SUBCASE("with INSERTs") {
    text = dump(original.db, {"--column-inserts", "--rows-per-insert=3"});
  }
  SUBCASE("with CRLF") {
    text = dump(original.db, {"--schema-only"});
    std::string crlf;
    for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    text = crlf;
  }
  const bool has_rows = text.find("\r\n") == std::string::npos;

  Project copy;
  copy.dir.pair("0001", "dump", text, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
  copy.dir.pair("0002", "after", "CREATE TABLE after_the_dump ()", "DROP TABLE after_the_dump");
  const Report report = copy.up();
  CHECK(failure(report, copy.dir) == "");
  CHECK(told(report) == "0001 done, 0002 done");
  CHECK(copy.ledger() == "0001 dump: applied\n0002 after: applied\n");
  CHECK(copy.db.has_table("public.after_the_dump"));
  copy.db.run("DROP TABLE after_the_dump");
  if (has_rows) {
    CHECK(copy.db.schema() == original.db.schema());
    CHECK(rows_of(copy.db) == rows_of(original.db));
  }
}

TEST_CASE("a dump that would connect elsewhere is refused with a hint") {
  if (!can_dump()) return;
  Project original;
  original.db.run("CREATE TABLE t (n integer)");
  Project project;
  project.dir.pair("0001", "dump", dump(original.db, {"--create"}));
  const std::string refusal = project.refusal();
  CHECK(refusal.find("\\connect") != std::string::npos);
  CHECK(refusal.find("hint: ") != std::string::npos);
  CHECK_FALSE(project.db.has_table("migrations"));
}

TEST_CASE("what other tools read as their own reaches the server as it stands") {
  Project project;
  project.dir.pair(
      "0001", "a",
      "CREATE TABLE t (id integer, a integer[], s text, \":name\" text);\n"
      "INSERT INTO t VALUES (1, ARRAY[10,20,30], ':name', ':''x''');\n"
      "CREATE TABLE slices AS SELECT a[1:2] AS lo, a[2:] AS hi, a[:id] AS mine, '5'::text AS c,\n"
      "  1::int::text AS cc, (SELECT ':' || s || ':') AS colons FROM t;\n"
      "CREATE FUNCTION sign_of(n integer) RETURNS text LANGUAGE sql " +
          body(has_atomic(project),
               "  SELECT CASE WHEN n > 0 THEN 'plus' WHEN n < 0 THEN 'minus'\n"
               "    ELSE CASE n WHEN 0 THEN 'zero;' END END;\n") +
          "CREATE TABLE log (what text);\n"
          "CREATE RULE t_insert AS ON INSERT TO t DO ALSO (\n"
          "  INSERT INTO log VALUES ('a;'); INSERT INTO log VALUES (NEW.s); NOTIFY t;\n"
          ");\n"
          "INSERT INTO t (id, s) VALUES (2, U&'d\\0061t\\+000061' || E'\\'\\\\;' || 'it''s' || "
          "$$;$$ || $a$$b$ $$;$b$$a$);\n"
          "CREATE OPERATOR public.<->@! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = "
          "int4pl);\n"
          "CREATE TABLE ops AS SELECT 1 <->@! -2 AS x, 5 <>-1 AS y, @ -5 AS z, 2*-3 AS w;\n"
          "/* outer /* inner ; */ still ; */ ;;\n"
          "-- a comment with ' and \" and $$ ;\n"
          "CREATE TABLE \"semi;colon\" (\"a\"\"b;\" text) ;\n"
          "SELECT set_config('my.x', 'a' -- comment between\n"
          "  'b', false);\n"
          "CREATE FUNCTION nothing() RETURNS void LANGUAGE plpgsql AS $body$\n"
          "BEGIN\n  EXECUTE $q$ SELECT 1; $q$;\n  -- COMMIT; ROLLBACK;\nEND;\n$body$;\n"
          "SELECT nothing(); SELECT 1 AS \"last one has no semicolon\"");
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(project.db.rows("SELECT * FROM slices") == "{10,20}|{20,30}|{10}|5|1|::name:\n");
  CHECK(project.db.value("SELECT sign_of(3) || sign_of(-3) || sign_of(0)") == "plusminuszero;");
  CHECK(project.db.rows("SELECT * FROM log") == "a;\ndata'\\;it's;$b$ $$;$b$\n");
  CHECK(project.db.rows("SELECT * FROM ops") == "-1|t|5|-6\n");
  CHECK(project.db.has_table("\"semi;colon\""));
}

TEST_CASE("CRLF in a script makes what LF makes") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\r\n  SELECT 1\r\n$$;\r\n"
                   "CREATE TABLE t (line text, more text);\r\n"
                   "INSERT INTO t VALUES ('a\r\nb', E'c\\r\\nd');\r\n"
                   "COPY t FROM stdin (FORMAT csv);\r\n\"a\r\nb\",x\r\n\\.\r\n",
                   "DROP TABLE t;\r\nDROP FUNCTION f();\r\n");
  REQUIRE(failure(project.up(), project.dir) == "");
  CHECK(project.db.value("SELECT prosrc = E'\\n  SELECT 1\\n' FROM pg_proc WHERE proname = 'f'") ==
        "t");
  CHECK(project.db.value("SELECT count(*) FROM t WHERE line = E'a\\nb'") == "2");
  CHECK(project.db.value("SELECT count(*) FROM t WHERE more IN (E'c\\r\\nd', 'x')") == "2");
  CHECK(told(project.down("0")) == "0001 done");
}

TEST_CASE("a server that reads backslashes in every string gets only what says the same there") {
  Project project;
  project.db.run("ALTER DATABASE " + project.db.name() + " SET standard_conforming_strings = off");
  project.db.run("ALTER DATABASE " + project.db.name() + " SET backslash_quote = on");
  const std::string script = "CREATE TABLE t (a text);\nINSERT INTO t VALUES ('it\\'s; fine');";
  project.dir.pair("0001", "a", script);
  const std::string refusal = project.refusal();
  CHECK(refusal.find("sql/0001_a.sql:2:1: standard_conforming_strings is off") !=
        std::string::npos);
  CHECK_FALSE(project.db.has_table("t"));
  project.dir.pair("0001", "a", "SET standard_conforming_strings = off;\n" + script);
  CHECK(told(project.up()) == "0001 done");
  project.dir.pair("0002", "b", "INSERT INTO t VALUES ('a\\\\'), (E'\\'');");
  CHECK(told(project.up()) == "0002 done");
  CHECK(project.db.rows("SELECT a FROM t") == "it's; fine\na\\\n'\n");
}

TEST_CASE("a statement of several megabytes") {
  Project project;
  std::string long_text(6'000'000, 'x');
  for (std::size_t i = 100; i < long_text.size(); i += 101) long_text[i] = '\n';
  std::string values;
  for (int i = 0; i < 50'000; ++i) values += (i == 0 ? "(" : ",\n(") + std::to_string(i) + ", 'v')";
  project.dir.pair("0001", "a",
                   "CREATE TABLE t (s text);\nINSERT INTO t VALUES ('" + long_text +
                       "');\nCREATE TABLE many (n integer, v text);\nINSERT INTO many VALUES " +
                       values + ";\nDO $$/*" + long_text + "*/ BEGIN PERFORM 1; END $$;\n");
  project.dir.pair("0002", "b", "INSERT INTO many VALUES " + values + ", (wrong, '');");
  const Report report = project.up();
  CHECK(told(report) == "0001 done, 0002 failed");
  CHECK(project.db.value("SELECT length(s) || '/' || (s = " + quote_literal(long_text) +
                         ") FROM t") == "6000000/true");
  CHECK(project.db.value("SELECT sum(n) FROM many") == "1249975000");
  CHECK(failure(report, project.dir) ==
        "sql/0002_b.sql:50000:16 42703 column \"wrong\" does not exist");
}

TEST_CASE("syntax that the bundled parser does not know is the server's to judge") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1;\n\nFROBNICATE TABLE t;\n");
  CHECK(failure(project.up(), project.dir) ==
        "sql/0001_a.sql:3:1 42601 syntax error at or near \"FROBNICATE\"");
  // What is new in each version, with the place where an older server stops.
  struct Novelty {
    int since;
    std::string sql;
    std::string refusal;
  };
  const std::vector<Novelty> novelties = {
      {16, "CREATE TABLE t (a text STORAGE EXTERNAL);",
       "sql/0001_a.sql:1:24 42601 syntax error at or near \"STORAGE\""},
      {17,
       "CREATE TABLE t (id int, v text); MERGE INTO t USING (VALUES (1, 'a;')) s (id, v) ON t.id = "
       "s.id WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1, ';') "
       "RETURNING merge_action(), t.id;",
       {}},
      {18,
       "CREATE TABLE t (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, CONSTRAINT k NOT "
       "NULL id NO INHERIT); INSERT INTO t VALUES (1) RETURNING WITH (OLD AS o) o.id, new.twice;",
       {}},
      // Outside transactions: the words decide where the parser cannot.
      {16, "CREATE TABLE t (id int); VACUUM (SKIP_DATABASE_STATS) t; REINDEX DATABASE;", {}},
      {18, "CREATE TABLE t (id int); VACUUM (VERBOSE) ONLY t; VACUUM;", {}},
  };
  const int major = std::stoi(project.db.value("SHOW server_version_num")) / 10000;
  for (const Novelty& novelty : novelties) {
    CAPTURE(novelty.sql);
    Project other;
    other.dir.pair("0001", "a", novelty.sql);
    const std::string failed = failure(other.up(), other.dir);
    if (major >= novelty.since) {
      CHECK(failed == "");
    } else {
      CHECK(failed.find(" 42601 ") != std::string::npos);
      if (!novelty.refusal.empty()) CHECK(failed == novelty.refusal);
    }
  }
}

TEST_CASE("an error in a DO block points at the line and, where the server knows it, the column") {
  Project project;
  const auto place = [&](const std::string& sql) {
    project.dir.pair("0001", "a", sql);
    const Report report = project.up();
    REQUIRE(report.failure);
    return std::to_string(report.failure->where.line) + ":" +
           std::to_string(report.failure->where.column) + " " + report.failure->source_line;
  };
  SUBCASE("a relation that is not there") {
    CHECK(place("SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1;\n  UPDATE nowhere SET x = 1;\nEND $$;") ==
          "5:10   UPDATE nowhere SET x = 1;");
  }
  SUBCASE("behind characters of several bytes") {
    CHECK(place("SELECT 'ä€😀'; DO $$ BEGIN\n/* ä€😀 */ RAISE 'ä';\nEND $$;") ==
          "2:1 /* ä€😀 */ RAISE 'ä';");
    CHECK(place("/* ä */ DO $$ BEGIN\n  INSERT INTO wörter VALUES ('€'); END $$;") ==
          "2:15   INSERT INTO wörter VALUES ('€'); END $$");
  }
  SUBCASE("on the line of the opening quote") {
    CHECK(place("SELECT 1;\n   DO 'BEGIN RAISE ''x''; END';") ==
          "2:8    DO 'BEGIN RAISE ''x''; END'");
  }
  SUBCASE("in a nested block, with CRLF and a tag") {
    CHECK(place("DO LANGUAGE plpgsql $tag$\r\nBEGIN\r\n  BEGIN\r\n    RAISE division_by_zero;\r\n  "
                "END;\r\nEND $tag$;") == "4:5     RAISE division_by_zero;");
  }
  SUBCASE("dynamic SQL") {
    CHECK(place("DO $$\nBEGIN\n  EXECUTE 'SELECT * FROM nowhere';\nEND $$;") ==
          "3:26   EXECUTE 'SELECT * FROM nowhere';");
  }
  SUBCASE("in a function that the block calls") {
    CHECK(
        place("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n\n\n\n  RAISE 'x';\n"
              "END $$;\nDO $$\nBEGIN\n  PERFORM f();\nEND $$;") == "10:3   PERFORM f();");
  }
  SUBCASE("a block that does not compile") {
    CHECK(place("SELECT 1;\nDO $$\nBEGIN\n  x := 1;\nEND $$;") == "4:3   x := 1;");
  }
  SUBCASE("an expression") {
    CHECK(place("DO $$\nDECLARE\n  n integer;\nBEGIN\n  n := 1 / (n - n) +\n    wrong;\nEND $$;") ==
          "6:5     wrong;");
  }
}

TEST_CASE("a notice in a DO block tells its line") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1;\nDO $$\nBEGIN\n  RAISE NOTICE 'here';\nEND $$;");
  CHECK(told(project.up()) == "0001 done");
  REQUIRE(project.seen.notices.size() == 1);
  CHECK(project.seen.notices.at(0).where.line == 4);
}

TEST_CASE("an error in a function's body is found in the script that creates it") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE FUNCTION ä() RETURNS integer LANGUAGE sql AS $$\n"
                   "  SELECT 'ä€😀', wrong\n"
                   "$$;");
  CHECK(failure(project.up(), project.dir) ==
        "sql/0001_a.sql:2:17 42703 column \"wrong\" does not exist");
  if (!has_atomic(project)) return;
  project.dir.pair("0001", "a",
                   "CREATE FUNCTION f() RETURNS integer LANGUAGE sql\nBEGIN ATOMIC\n"
                   "  SELECT 1;\n  SELECT 'ä', wrong;\nEND;");
  CHECK(failure(project.up(), project.dir) ==
        "sql/0001_a.sql:4:15 42703 column \"wrong\" does not exist");
}

TEST_CASE("a row of COPY that is refused is shown with its place") {
  Project project;
  const std::string table =
      "CREATE TABLE people (id integer PRIMARY KEY, name text, age integer CHECK (age < 150));\n";
  const auto place = [&](const std::string& sql) {
    project.dir.pair("0001", "a", table + sql);
    const Report report = project.up();
    REQUIRE(report.failure);
    return std::to_string(report.failure->where.line) + ":" +
           std::to_string(report.failure->where.column) + " " + report.failure->source_line;
  };
  SUBCASE("a value, behind characters of several bytes") {
    CHECK(place("COPY people FROM stdin;\n1\tone\t1\n2\tä€😀\tx1\n\\.\n") == "4:7 2\tä€😀\tx1");
  }
  SUBCASE("CSV with a header and a field of two lines") {
    CHECK(place("COPY people (id, age, name) FROM stdin WITH (FORMAT csv, HEADER);\n"
                "id,age,name\n1,1,\"a\nb\"\n2,\"old\",c\n\\.\n") == "6:4 2,\"old\",c");
  }
  SUBCASE("too few columns") {
    CHECK(place("COPY people FROM stdin;\n1\tone\t1\n2\n\\.\n") == "4:1 2");
  }
  SUBCASE("a constraint") {
    CHECK(place("COPY people FROM stdin;\n1\ta\t150\n\\.\n") == "3:1 1\ta\t150");
    CHECK(place("COPY people FROM stdin;\n1\ta\t1\n2\tb\t1\n1\tc\t1\n\\.\n") == "5:1 1\tc\t1");
  }
  SUBCASE("a trigger") {
    CHECK(place("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n"
                "  IF NEW.id = 2 THEN RAISE 'no'; END IF;\n  RETURN NEW;\nEND $$;\n"
                "CREATE TRIGGER no BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION no();\n"
                "COPY people FROM stdin;\n1\ta\t1\n2\tb\t1\n\\.\n") == "10:1 2\tb\t1");
  }
  SUBCASE("a name like the server's words") {
    CHECK(place("CREATE TABLE \"x, line 9\" (id integer);\n"
                "COPY \"x, line 9\" FROM stdin;\n1\nb\n\\.\n") == "5:1 b");
  }
  SUBCASE("the statement itself") {
    CHECK(place("\n  COPY people (id, wrong) FROM stdin;\n1\tone\n\\.\n") ==
          "3:3   COPY people (id, wrong) FROM stdin");
    CHECK(place("COPY people FROM stdin WITH (FORMAT nonsense);\n1\n\\.\n") ==
          "2:30 COPY people FROM stdin WITH (FORMAT nonsense)");
  }
}

TEST_CASE("statements run as the configured role, the ledger is written as the login role") {
  Project project;
  project.db.run(
      "CREATE ROLE scripts_owner; GRANT CREATE ON SCHEMA public TO scripts_owner; CREATE SCHEMA "
      "ledger");
  project.settings.role = "scripts_owner";
  project.settings.schema = "ledger";
  project.dir.pair("0001", "a",
                   "CREATE TABLE a (u text); INSERT INTO a VALUES (current_user);\n"
                   "COPY a FROM stdin;\ncopied\n\\.\n",
                   "DROP TABLE a");
  project.dir.pair("0002", "b", "INSERT INTO a VALUES (current_user || '2')", "SELECT 1");
  project.dir.pair("0003", "c", "CREATE TABLE ledger.c ()");
  const Report report = project.up();
  CHECK(told(report) == "0001 done, 0002 done, 0003 failed");
  CHECK(failure(report, project.dir) ==
        "sql/0003_c.sql:1:14 42501 permission denied for schema ledger");
  CHECK(project.db.rows("SELECT u FROM a ORDER BY u") == "copied\nscripts_owner\nscripts_owner2\n");
  CHECK(project.db.value("SELECT string_agg(DISTINCT database_user, ' ') FROM "
                         "ledger.migrations_log") == "postgres");
  CHECK(told(project.dry_down("0")) == "0002 done, 0001 done");
  CHECK(told(project.down("0")) == "0002 done, 0001 done");
  CHECK_FALSE(project.db.has_table("a"));

  project.settings.role = "nobody_knows";
  const Report unknown = project.up();
  REQUIRE(unknown.failure);
  CHECK(unknown.failure->kind == FailureKind::environment);
  CHECK(unknown.failure->message == "role \"nobody_knows\" does not exist");
  project.db.run("DROP OWNED BY scripts_owner; DROP ROLE scripts_owner");
}
