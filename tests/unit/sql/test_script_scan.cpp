#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/sql/support.hpp"

using namespace pgtide;
using namespace pgtide::sql;
using test::Lines;

namespace {

ScriptScan scan(const std::string& script) {
  StringSource source(script);
  return scan_script(source, "m.sql");
}

Lines shown(const std::vector<Problem>& problems) {
  Lines lines;
  for (const auto& p : problems) {
    lines.push_back(p.where.file + ":" + std::to_string(p.where.line) + ":" +
                    std::to_string(p.where.column) + " " + p.message + " | " + p.hint + " | " +
                    p.source_line);
  }
  return lines;
}

Lines problems(const std::string& script) {
  return shown(scan(script).problems);
}

}  // namespace

TEST_CASE("an ordinary script") {
  const std::string script = "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n";
  const ScriptScan result = scan(script);
  CHECK(result.statements == 2);
  CHECK(result.transactional);
  CHECK(result.non_transactional.empty());
  CHECK(result.problems.empty());
  CHECK(result.notices.empty());
  CHECK(result.checksum == checksum_of(script, ChecksumForms::usual));
}

TEST_CASE("the directives of a script") {
  const ScriptScan result = scan(
      "-- pgtide: lock-timeout=2s\n-- pgtide: statement-timeout=1h\n-- pgtide: allow data-loss\n"
      "-- pgtide: allow big-index it is night\n-- pgtide: irreversible rows are gone\n");
  CHECK(result.problems.empty());
  CHECK(result.statements == 0);
  CHECK(result.transactional);
  CHECK(result.lock_timeout->value == std::chrono::seconds(2));
  CHECK(result.statement_timeout->value == std::chrono::hours(1));
  CHECK(result.irreversible->reason == "rows are gone");
  REQUIRE(result.allows.size() == 2);
  CHECK(result.allows[1].what == "big-index");
  CHECK(result.allows[1].reason == "it is night");
  CHECK(!scan("-- pgtide: no-transaction\nSELECT 1;").transactional);
  CHECK(!scan("-- pgtide: batch\nDELETE FROM t;").transactional);
  CHECK(problems("-- pgtide: lock-timeout=1s\nSELECT 1;\n-- pgtide: lock-timeout=2s") ==
        Lines{"m.sql:3:1 this directive is given twice | keep one of them | -- pgtide: "
              "lock-timeout=2s"});
}

TEST_CASE("a script without a statement") {
  const Lines expected = {"m.sql:0:0 the script has no statement | write the SQL | "};
  CHECK(problems("") == expected);
  CHECK(problems("-- later\n;\n") == expected);
  CHECK(problems("BEGIN;\nCOMMIT;") == expected);
}

TEST_CASE("BEGIN and COMMIT are absorbed, each pair with a notice") {
  const ScriptScan whole = scan("-- safe\nBEGIN;\nDELETE FROM t;\nCOMMIT;\n");
  CHECK(whole.statements == 1);
  CHECK(whole.problems.empty());
  CHECK(shown(whole.notices) ==
        Lines{"m.sql:2:1 BEGIN and the COMMIT on line 4 are absorbed: the migration and its row in "
              "the ledger are one transaction |  | BEGIN;"});
  const ScriptScan inside =
      scan("SELECT 1;\n START TRANSACTION; SELECT 2;\nEND;BEGIN;SELECT 3; COMMIT;");
  CHECK(inside.statements == 3);
  CHECK(shown(inside.notices) ==
        Lines{"m.sql:2:2 START TRANSACTION and the END on line 3 are absorbed: the migration and "
              "its row in the ledger are one transaction |  |  START TRANSACTION; SELECT 2;",
              "m.sql:3:5 BEGIN and the COMMIT on line 3 are absorbed: the migration and its row in "
              "the ledger are one transaction |  | END;BEGIN;SELECT 3; COMMIT;"});
}

TEST_CASE("transaction control that cannot be absorbed") {
  CHECK(
      problems("SELECT 1;\nCOMMIT;") ==
      Lines{"m.sql:2:1 COMMIT without BEGIN | remove it: the migration is committed together with "
            "its row in the ledger | COMMIT;"});
  CHECK(
      problems("COMMIT;SELECT 1;\nBEGIN;") ==
      Lines{"m.sql:1:1 COMMIT without BEGIN | remove it: the migration is committed together with "
            "its row in the ledger | COMMIT;SELECT 1;",
            "m.sql:2:1 BEGIN is never committed | write COMMIT; after the last statement, or "
            "remove it | BEGIN;"});
  CHECK(problems("BEGIN;\nSELECT 1;\n  BEGIN;\nCOMMIT;\nCOMMIT;") ==
        Lines{"m.sql:3:3 BEGIN inside the transaction that began on line 1 | remove it, or write "
              "COMMIT before it |   BEGIN;"});
  const std::string lost =
      "would be lost: the migration is one transaction, which began before | write them at the "
      "beginning of the script, for all of it, or add `-- pgtide: no-transaction` to run it with "
      "its own transactions | ";
  CHECK(problems("SELECT 1;\nBEGIN READ WRITE;\nSELECT 1;\nCOMMIT;") ==
        Lines{"m.sql:2:1 the modes of BEGIN " + lost + "BEGIN READ WRITE;"});
  CHECK(problems("BEGIN;\nSELECT 1;\nCOMMIT;BEGIN;\nSET TRANSACTION READ WRITE;SELECT 1;COMMIT;") ==
        Lines{"m.sql:4:1 the modes of SET TRANSACTION " + lost +
              "SET TRANSACTION READ WRITE;SELECT 1;COMMIT;"});
  CHECK(problems("BEGIN;\nSELECT 1;\nROLLBACK;") ==
        Lines{"m.sql:3:1 ROLLBACK would undo the migration | remove it: pgtide rolls back when a "
              "statement fails; to undo a part use SAVEPOINT and ROLLBACK TO | ROLLBACK;"});
  CHECK(problems("SELECT 1;\nABORT;") ==
        Lines{"m.sql:2:1 ABORT would undo the migration | remove it: pgtide rolls back when a "
              "statement fails; to undo a part use SAVEPOINT and ROLLBACK TO | ABORT;"});
  CHECK(problems("BEGIN;SELECT 1;\nCOMMIT AND CHAIN;\nSELECT 2;COMMIT;") ==
        Lines{"m.sql:2:1 COMMIT AND CHAIN would commit half of the migration | write COMMIT; and, "
              "where needed, BEGIN; | COMMIT AND CHAIN;"});
  CHECK(problems("BEGIN;\nSELECT 1;\nCOMMIT:") ==
        Lines{"m.sql:3:1 COMMIT is followed by what does not belong to it | write it alone, with a "
              "semicolon | COMMIT:"});
  CHECK(problems("SELECT 1;\nPREPARE TRANSACTION 'x';") ==
        Lines{"m.sql:2:1 PREPARE TRANSACTION is two-phase commit, which cannot be part of a "
              "migration | use BEGIN and COMMIT, or neither | PREPARE TRANSACTION 'x';"});
  CHECK(problems("SAVEPOINT a;\nSELECT 1;\nROLLBACK TO a;\nRELEASE a;").empty());
  CHECK(problems("DO $$ BEGIN COMMIT; END $$;\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT "
                 "1; END;")
            .empty());
}

TEST_CASE("a script without a transaction keeps its own") {
  const ScriptScan result =
      scan("-- pgtide: no-transaction\nBEGIN READ WRITE;\nLOCK TABLE t;\nSAVEPOINT a;\nCOMMIT;\n");
  CHECK(result.problems.empty());
  CHECK(result.notices.empty());
  CHECK(result.statements == 4);
  CHECK(!result.transactional);
  CHECK(
      problems("-- pgtide: no-transaction\nSELECT 1;\nCOMMIT;") ==
      Lines{"m.sql:3:1 COMMIT without BEGIN | remove it: the migration is committed together with "
            "its row in the ledger | COMMIT;"});
}

TEST_CASE("what needs a transaction in a script that has none") {
  CHECK(problems("LOCK TABLE t;\nVACUUM t;") ==
        Lines{"m.sql:1:1 LOCK TABLE needs a transaction, and this script runs without one because "
              "of VACUUM on line 2 | put what belongs together between BEGIN and COMMIT, or in a "
              "migration of its own | LOCK TABLE t;"});
  CHECK(
      problems("-- pgtide: no-transaction\nSAVEPOINT a;") ==
      Lines{"m.sql:2:1 SAVEPOINT needs a transaction, and this script runs without one because of "
            "its directive on line 1 | put what belongs together between BEGIN and COMMIT, or in "
            "a migration of its own | SAVEPOINT a;"});
  CHECK(problems("LOCK t;\nSELECT 1;").empty());
}

TEST_CASE("statements that PostgreSQL refuses in a transaction") {
  const std::string script =
      "CREATE TABLE t (a int);\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;\n";
  const ScriptScan result = scan(script);
  CHECK(result.statements == 3);
  CHECK(!result.transactional);
  REQUIRE(result.non_transactional.size() == 2);
  CHECK(result.non_transactional[0].text == "CREATE INDEX CONCURRENTLY");
  CHECK(result.non_transactional[0].begin == Position{24, 2, 1});
  CHECK(result.non_transactional[0].end == script.find(";\nVACUUM") + 1);
  CHECK(result.non_transactional[1].text == "VACUUM");
  CHECK(problems("BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;") ==
        Lines{"m.sql:2:1 CREATE INDEX CONCURRENTLY cannot run between BEGIN and COMMIT | move it "
              "before BEGIN or after COMMIT | CREATE INDEX CONCURRENTLY i ON t (a);"});
}

TEST_CASE("a new enum value and its use") {
  const std::string add = "ALTER TYPE public.Mood ADD VALUE IF NOT EXISTS 'it''s' AFTER 'sad';\n";
  const ScriptScan used = scan(add + "UPDATE t SET mood = 'it''s';");
  CHECK(!used.transactional);
  CHECK(used.problems.empty());
  REQUIRE(used.non_transactional.size() == 1);
  CHECK(used.non_transactional[0].text == "ALTER TYPE ADD VALUE");
  CHECK(used.non_transactional[0].kind == StatementKind::non_transactional);
  CHECK(used.non_transactional[0].begin == Position{0, 1, 1});

  const auto transactional = [&](const std::string& rest) {
    return scan(add + rest).transactional;
  };
  CHECK(!transactional("DO $$ BEGIN UPDATE t SET mood = 'it''s'; END $$;"));
  CHECK(!transactional(
      "CREATE FUNCTION f() RETURNS mood LANGUAGE sql AS $$ SELECT 'it''s'::mood $$;"));
  CHECK(!transactional("ALTER TABLE t ALTER mood SET DEFAULT E'it\\'s';"));
  CHECK(transactional(""));
  CHECK(transactional("UPDATE t SET mood = 'sad'; -- not 'it''s'"));
  CHECK(transactional("ALTER TYPE mood ADD VALUE 'x' AFTER 'it''s';"));
  CHECK(transactional("COMMENT ON TYPE mood IS 'it''s';"));
  CHECK(transactional(
      "CREATE FUNCTION f() RETURNS mood LANGUAGE plpgsql AS $$ BEGIN RETURN 'it''s'; END $$;"));
  CHECK(transactional("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;"));
  CHECK(scan("CREATE TYPE mood AS ENUM ('sad');\n" + add + "UPDATE t SET mood = 'it''s';")
            .transactional);

  CHECK(
      problems("BEGIN;\n ALTER TYPE mood ADD VALUE 'new';\nSELECT 'new'::mood;\nCOMMIT;") ==
      Lines{"m.sql:2:2 the new value 'new' cannot be used on line 3, in the same transaction | end "
            "the transaction before the value is used, or use it in the next migration |  ALTER "
            "TYPE mood ADD VALUE 'new'"});
  CHECK(!scan("BEGIN;ALTER TYPE mood ADD VALUE 'new';COMMIT;SELECT 'new'::mood;").transactional);
}

TEST_CASE("psql's commands") {
  CHECK(problems("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n").empty());
  CHECK(problems("SELECT 1\n\\unrestrict abc\n") ==
        Lines{"m.sql:2:1 the statement before this line has no semicolon | end it with a semicolon "
              "| \\unrestrict abc"});
  const auto hint = [](const std::string& command) {
    const auto list = scan("SELECT 1;\n" + command).problems;
    REQUIRE(!list.empty());
    CHECK(list[0].where == ScriptPosition{"m.sql", 2, 1});
    CHECK(list[0].source_line == command);
    return list[0].message + " | " + list[0].hint;
  };
  CHECK(hint("\\connect other") ==
        "\\connect is a command of psql, not SQL | remove it: the URL says which database is "
        "migrated; another database has migrations of its own");
  CHECK(hint("\\c") ==
        "\\c is a command of psql, not SQL | remove it: the URL says which database "
        "is migrated; another database has migrations of its own");
  CHECK(hint("\\i x.sql") ==
        "\\i is a command of psql, not SQL | put the statements of that file here");
  CHECK(hint("\\copy t from 'x'") ==
        "\\copy is a command of psql, not SQL | write COPY … FROM stdin; then the data on the next "
        "lines, then a line `\\.`");
  CHECK(hint("\\set x 1") ==
        "\\set is a command of psql, not SQL | write the value itself into the statements");
  CHECK(hint("\\echo hi") ==
        "\\echo is a command of psql, not SQL | remove it, or use RAISE NOTICE in a DO block");
  CHECK(hint("\\if true") == "\\if is a command of psql, not SQL | decide in SQL, in a DO block");
  CHECK(hint("\\g") == "\\g is a command of psql, not SQL | end the statement with a semicolon");
  CHECK(hint("\\.") ==
        "\\. is a command of psql, not SQL | remove it: no COPY … FROM stdin is open here");
  CHECK(hint("\\; SELECT 2;") == "\\; is a command of psql, not SQL | write `;`");
  CHECK(hint("\\! ls") ==
        "\\! is a command of psql, not SQL | remove it: a migration runs no programs");
  CHECK(hint("\\timing on") ==
        "\\timing is a command of psql, not SQL | remove it, or write it as SQL");
}

TEST_CASE("batches") {
  CHECK(problems("-- pgtide: batch size=5\nUPDATE t SET a = 1 WHERE id IN (SELECT 1);\n").empty());
  CHECK(problems("-- pgtide: batch\nCREATE TABLE t ();") ==
        Lines{"m.sql:1:1 batch cannot repeat CREATE TABLE on line 2 | put it before an INSERT, "
              "UPDATE, DELETE or MERGE | -- pgtide: batch"});
  CHECK(problems("-- pgtide: batch\nBEGIN;\nDELETE FROM t;\nCOMMIT;") ==
        Lines{"m.sql:1:1 batch cannot repeat BEGIN on line 2 | put it before an INSERT, UPDATE, "
              "DELETE or MERGE | -- pgtide: batch"});
  CHECK(problems("BEGIN;\n-- pgtide: batch\nDELETE FROM t;\nCOMMIT;") ==
        Lines{"m.sql:2:1 batch cannot repeat a statement between BEGIN and COMMIT | remove BEGIN "
              "and COMMIT: each batch is a transaction of its own | -- pgtide: batch"});
  CHECK(
      problems("-- pgtide: batch\n-- pgtide: batch\nDELETE FROM t;") ==
      Lines{"m.sql:2:1 a second batch directive for one statement | keep one of them | -- pgtide: "
            "batch"});
  CHECK(problems("SELECT 1;\n-- pgtide: batch\n") ==
        Lines{"m.sql:2:1 batch is not followed by a statement | put it before its statement | -- "
              "pgtide: batch"});
}

TEST_CASE("every problem at once, in the order of the script") {
  CHECK(
      problems("-- pgtide: alow x\nCOMMIT;\n\\q\nROLLBACK;\nSELECT '\xFF'") ==
      Lines{"m.sql:1:12 unknown directive \"alow\" | did you mean allow? | -- pgtide: alow x",
            "m.sql:2:1 COMMIT without BEGIN | remove it: the migration is committed together with "
            "its row in the ledger | COMMIT;",
            "m.sql:3:1 \\q is a command of psql, not SQL | remove it, or write it as SQL | \\q",
            "m.sql:4:1 ROLLBACK would undo the migration | remove it: pgtide rolls back when a "
            "statement fails; to undo a part use SAVEPOINT and ROLLBACK TO | ROLLBACK;",
            "m.sql:5:9 invalid UTF-8 | save the file as UTF-8 | SELECT '"});
}

TEST_CASE("COPY data is no SQL") {
  const ScriptScan result =
      scan("COPY t FROM stdin;\nCOMMIT;\n\\connect x\n-- pgtide: nonsense\n\\.\nSELECT 1;");
  CHECK(result.problems.empty());
  CHECK(result.statements == 2);
}

TEST_CASE("what a script takes away, and did not make itself") {
  const auto losses = [](const std::string& text) {
    std::string all;
    for (const Statement& loss : scan(text).losses) {
      all += std::to_string(loss.begin.line) + ": " + loss.text + "\n";
    }
    return all;
  };
  CHECK(losses("DROP TABLE a, b;\nTRUNCATE c;\nALTER TABLE d DROP COLUMN e;\nDROP SCHEMA f;") ==
        "1: DROP TABLE a\n1: DROP TABLE b\n2: TRUNCATE c\n3: ALTER TABLE d DROP COLUMN e\n"
        "4: DROP SCHEMA f\n");
  CHECK(losses("CREATE TEMP TABLE a ();\nCREATE UNLOGGED TABLE app.\"B\" ();\nDROP TABLE a;\n"
               "DROP TABLE app.\"B\";") == "");
  // It may have been there before.
  CHECK(losses("CREATE TABLE IF NOT EXISTS a ();\nDROP TABLE a;") == "2: DROP TABLE a\n");
  CHECK(losses("SAVEPOINT s;\nDROP TABLE a;\nROLLBACK TO S;\nDROP TABLE b;") ==
        "4: DROP TABLE b\n");
  CHECK(losses("SAVEPOINT s;\nDROP TABLE a;\nSAVEPOINT t;\nDROP TABLE b;\nABORT WORK TO "
               "SAVEPOINT t;") == "2: DROP TABLE a\n");
  CHECK(losses("SAVEPOINT s;\nDROP TABLE a;\nSAVEPOINT s;\nROLLBACK TO s;") == "2: DROP TABLE a\n");
  CHECK(losses("SAVEPOINT s;\nDROP TABLE a;\nRELEASE s;\nROLLBACK TO s;") == "2: DROP TABLE a\n");
  CHECK(losses("SAVEPOINT s;\nCREATE TABLE a ();\nROLLBACK TO s;\nDROP TABLE a;") ==
        "4: DROP TABLE a\n");
  CHECK(losses("ALTER TABLE a DROP CONSTRAINT b;\nDROP INDEX c;\nDELETE FROM d;") ==
        "3: DELETE FROM d\n");
}

TEST_CASE("what a script made is known by its whole name") {
  const auto losses = [](const std::string& text) {
    std::string all;
    for (const Statement& loss : scan(text).losses) all += loss.text + "\n";
    return all;
  };
  CHECK(losses("CREATE TABLE s.a ();\nDROP TABLE a;") == "DROP TABLE a\n");
  CHECK(losses("CREATE TABLE a ();\nDROP TABLE s.a;") == "DROP TABLE s.a\n");
  CHECK(losses("CREATE TEMP TABLE a ();\nDROP TABLE public.a;") == "DROP TABLE public.a\n");
  CHECK(losses("CREATE TEMP TABLE a ();\nDROP TABLE a;\nDROP TABLE a;") == "DROP TABLE a\n");
  CHECK(losses("CREATE TABLE a ();\nSET search_path = s;\nDROP TABLE a;") == "DROP TABLE a\n");
  CHECK(losses("CREATE TABLE a ();\nSELECT set_config('search_path', 's', true);\nTRUNCATE a;") ==
        "TRUNCATE a\n");
  CHECK(losses("CREATE TABLE a ();\nALTER TABLE a RENAME TO b;\nALTER TABLE u RENAME TO a;\n"
               "DROP TABLE b;\nDROP TABLE a;") == "DROP TABLE a\n");
  CHECK(losses("CREATE SCHEMA s;\nCREATE TABLE s.a ();\nDROP SCHEMA s CASCADE;") == "");
  CHECK(losses("CREATE SCHEMA s;\nALTER TABLE u SET SCHEMA s;\nDROP SCHEMA s CASCADE;") ==
        "DROP SCHEMA s\n");
  CHECK(losses("CREATE TABLE p (i int) PARTITION BY LIST (i);\nALTER TABLE p ATTACH PARTITION u "
               "DEFAULT;\nDROP TABLE p;") == "DROP TABLE p\n");
  CHECK(losses("ALTER TABLE u ADD COLUMN a int, ADD b int;\nALTER TABLE u DROP b, DROP c;") ==
        "ALTER TABLE u DROP COLUMN c\n");
}

TEST_CASE("what no rollback takes back, and where") {
  const auto named = [](const std::string& text) {
    std::string all;
    for (const Problem& one : scan(text).beyond_rollback) {
      all += std::to_string(one.where.line) + ": " + one.message + "\n";
    }
    return all;
  };
  CHECK(named("SELECT 1;\nSELECT dblink_exec('x', 'DELETE FROM t');") == "2: dblink_exec()\n");
  CHECK(named("COPY (SELECT 1) TO PROGRAM 'cat';\nCOPY t FROM PROGRAM 'cat';\n"
              "COPY t TO '/tmp/x';") ==
        "1: COPY … TO PROGRAM\n2: COPY … FROM PROGRAM\n3: COPY … TO a file\n");
  CHECK(named("DO $$ BEGIN PERFORM pg_catalog.lo_export(1, '/x'); END $$") == "1: lo_export()\n");
  CHECK(named("DO $$ BEGIN EXECUTE $q$COPY t TO PROGRAM 'x'$q$; END $$") ==
        "1: COPY … TO PROGRAM\n");
  CHECK(named("DO LANGUAGE plpython3u 'import os'") == "1: DO in plpython3u\n");
  CHECK(named("INSERT INTO http (a) VALUES ('dblink_exec()');\nCOPY t FROM '/tmp/x';\n"
              "CREATE FUNCTION f() RETURNS int AS 'SELECT dblink(1)' LANGUAGE sql;") == "");
}

TEST_CASE("a script that leaves its role") {
  const auto left = [](const std::string& text) {
    const auto changes = scan(text + ";").role_changes;
    return changes.empty() ? std::string() : changes.front().text;
  };
  CHECK(left("RESET ROLE") == "RESET ROLE");
  CHECK(left("set local role none") == "SET ROLE NONE");
  CHECK(left("SET ROLE TO 'None'") == "SET ROLE NONE");
  CHECK(left("SET ROLE Owner") == "SET ROLE owner");
  CHECK(left("SET SESSION AUTHORIZATION DEFAULT") == "SET SESSION AUTHORIZATION");
  CHECK(left("RESET session_authorization") == "RESET SESSION AUTHORIZATION");
  CHECK(left("SELECT pg_catalog.set_config('role', 'none', true)") == "set_config('role', …)");
  CHECK(left("DO $$ BEGIN IF true THEN RESET ROLE; END IF; END $$") == "RESET ROLE");
  CHECK(left("DO $$ BEGIN EXECUTE 'RESET ROLE'; END $$") == "RESET ROLE");
  for (const char* harmless :
       {"UPDATE users SET role = 'none'", "SET search_path = role",
        "INSERT INTO help VALUES ('RESET ROLE')", "RESET ALL",
        "INSERT INTO u VALUES (1) ON CONFLICT (id) DO UPDATE SET role = NULL"}) {
    CHECK_MESSAGE(left(harmless) == "", harmless);
  }
}

TEST_CASE("the modes of a script's transaction") {
  const auto begin_of = [](const std::string& script) {
    const ScriptScan result = scan(script + "\nSELECT 1;");
    CHECK(result.problems.empty());
    return begin_statement(result.modes);
  };
  const std::string serializable = "BEGIN ISOLATION LEVEL SERIALIZABLE";
  for (const char* script :
       {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
        "set transaction_isolation = serializable;",
        "SET LOCAL transaction_isolation TO 'Serializable';",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
        "SET default_transaction_isolation = 'serializable';",
        "-- why\nSET lock_timeout = '1s'; LOCK TABLE t;\nSET TRANSACTION ISOLATION LEVEL "
        "SERIALIZABLE;",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n"
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;"}) {
    CAPTURE(script);
    CHECK(begin_of(script) == serializable);
  }
  CHECK(scan("BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE, NOT DEFERRABLE; SELECT 1; COMMIT;")
            .modes == TransactionModes{Isolation::repeatable_read, false, false});
  CHECK(begin_of("SET TRANSACTION READ ONLY, DEFERRABLE;") == "BEGIN DEFERRABLE");
  CHECK(begin_of("SET TRANSACTION READ WRITE ISOLATION LEVEL READ UNCOMMITTED;") ==
        "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE");
  for (const char* script : {"", "SELECT 1;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
                             "SET LOCAL default_transaction_isolation = 'serializable';",
                             "SET transaction_timeout = '1s';", "SET TRANSACTION SNAPSHOT 'x';"}) {
    CAPTURE(script);
    CHECK(begin_of(script) == "BEGIN");
  }
  CHECK(problems("-- pgtide: no-transaction\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n"
                 "SELECT 1;") ==
        Lines{"m.sql:2:1 SET TRANSACTION needs a transaction, and this script runs without one "
              "because of its directive on line 1 | put what belongs together between BEGIN and "
              "COMMIT, or in a migration of its own | SET TRANSACTION ISOLATION LEVEL "
              "SERIALIZABLE;"});
}

TEST_CASE("a byte-order mark in the middle") {
  const std::string mark = "\xEF\xBB\xBF";
  const Lines found = problems(mark + "SELECT 1;\n" + mark + "CREATE TABLE t ();");
  REQUIRE(found.size() == 1);
  CHECK(found.front().starts_with("m.sql:2:1 a byte-order mark, which cannot be seen"));
  CHECK(
      problems("SELECT 'a" + mark + "', $$" + mark + "$$ AS \"" + mark + "\" -- " + mark).empty());
}
