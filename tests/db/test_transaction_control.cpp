// BEGIN, COMMIT, ROLLBACK and savepoints inside scripts.
#include <doctest/doctest.h>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

// A ledger that takes no row that says `applied`.
void break_ledger(Project& project) {
  project.dir.pair("0001", "a", "SELECT 1");
  REQUIRE(told(project.up()) == "0001 done");
  project.db.run("ALTER TABLE migrations ADD CHECK (version = '0001' OR NOT success)");
}

}  // namespace

TEST_CASE("BEGIN and COMMIT of a script are absorbed: script and ledger row are one transaction") {
  Project project;
  break_ledger(project);
  project.dir.pair("0002", "b", "CREATE TABLE b ();\nBEGIN;\nCREATE TABLE c ();\nCOMMIT;");
  project.dir.pair("0003", "d", "CREATE TABLE d ()");
  const Report report = project.up();
  CHECK(told(report) == "0002 failed, 0003 not_run");
  REQUIRE(report.failure);
  CHECK(report.failure->message.find("cannot write the ledger") == 0);
  CHECK(report.failure->recorded);
  for (const char* table : {"b", "c", "d"}) CHECK_FALSE(project.db.has_table(table));
  CHECK(project.ledger().starts_with("0001 a: applied\n0002 b: failed, "));
  REQUIRE(project.seen.remarks.size() == 1);
  CHECK(project.seen.remarks[0].where.line == 2);
  CHECK(project.seen.remarks[0].message.find("absorbed") != std::string::npos);
}

TEST_CASE("a statement behind the inner COMMIT fails: nothing stays") {
  Project project;
  project.dir.pair("0001", "a",
                   "BEGIN; CREATE TABLE a (); COMMIT; BEGIN; CREATE TABLE b (); END; SELECT 1/0");
  CHECK(told(project.up()) == "0001 failed");
  CHECK_FALSE(project.db.has_table("a"));
  CHECK_FALSE(project.db.has_table("b"));
}

TEST_CASE("a rollback script with BEGIN and COMMIT is atomic with its ledger row") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "BEGIN; DROP TABLE a; COMMIT; SELECT 1/0;");
  project.up();
  CHECK(told(project.down("0")) == "0001 failed");
  CHECK(project.db.has_table("a"));
  project.dir.rollback("0001", "BEGIN; DROP TABLE a; COMMIT;");
  CHECK(told(project.down("0")) == "0001 done");
  CHECK_FALSE(project.db.has_table("a"));
  CHECK(project.ledger() == "0001 a: rolled back\n");
}

TEST_CASE("what would end the transaction is refused before anything runs") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ();");
  SUBCASE("ROLLBACK") {
    project.dir.pair("0002", "b", "CREATE TABLE b ();\nROLLBACK;");
    CHECK(project.refusal().find("sql/0002_b.sql:2:1: ROLLBACK would undo the migration") !=
          std::string::npos);
  }
  SUBCASE("ROLLBACK in a rollback script that would only be needed later") {
    project.dir.pair("0002", "b", "CREATE TABLE b ();", "BEGIN;\nDROP TABLE b;\nROLLBACK;");
    CHECK(project.refusal().find("rollback/0002_rollback.sql:3:1: ") != std::string::npos);
  }
  SUBCASE("BEGIN without COMMIT") {
    project.dir.pair("0002", "b", "BEGIN;\nCREATE TABLE b ();");
    CHECK(project.refusal().find("sql/0002_b.sql:1:1: ") != std::string::npos);
  }
  SUBCASE("COMMIT without BEGIN") {
    project.dir.pair("0002", "b", "CREATE TABLE b ();\nCOMMIT;");
    CHECK(project.refusal().find("sql/0002_b.sql:2:1: ") != std::string::npos);
  }
  SUBCASE("two-phase commit") {
    project.dir.pair("0002", "b", "BEGIN;\nCREATE TABLE b ();\nPREPARE TRANSACTION 'x';");
    CHECK(project.refusal().find("sql/0002_b.sql:3:1: ") != std::string::npos);
  }
  SUBCASE("an isolation level that would be lost") {
    project.dir.pair("0002", "b",
                     "CREATE TABLE b ();\nBEGIN ISOLATION LEVEL SERIALIZABLE;\nCOMMIT;");
    CHECK(project.refusal().find("sql/0002_b.sql:2:1: ") != std::string::npos);
  }
  CHECK_FALSE(project.db.has_table("a"));
  CHECK_FALSE(project.db.has_table("migrations"));
}

TEST_CASE("a script says the modes of its transaction, which holds its ledger row too") {
  Project project;
  const std::string look =
      "CREATE TABLE seen AS SELECT current_setting('transaction_isolation') AS isolation, "
      "current_setting('transaction_deferrable') AS may_defer, pg_current_xact_id()::text AS xid;";
  const auto run = [&](const std::string& script) {
    project.dir.pair("0001", "a", script);
    CHECK(told(project.up()) == "0001 done");
    CHECK(project.db.value("SELECT m.xmin::text = s.xid FROM migrations m, seen s") == "t");
    return project.db.rows("SELECT isolation, may_defer FROM seen");
  };
  SUBCASE("first statement") {
    CHECK(run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, DEFERRABLE;\n" + look) ==
          "serializable|on\n");
  }
  SUBCASE("in its own block, behind settings") {
    CHECK(run("SET work_mem = '5MB';\nBEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n" +
              look + "COMMIT;") == "repeatable read|off\n");
  }
  SUBCASE("with START TRANSACTION") {
    CHECK(run("START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE;\n" + look + "COMMIT;") ==
          "serializable|off\n");
  }
  SUBCASE("for the session") {
    CHECK(run("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n" +
              look) == "repeatable read|off\n");
  }
}

TEST_CASE("a script that only reads may say so, and is recorded") {
  Project project;
  SUBCASE("it reads") {
    project.dir.pair("0001", "a", "SET TRANSACTION READ ONLY;\nSELECT 1;");
    CHECK(told(project.up()) == "0001 done");
    CHECK(project.ledger() == "0001 a: applied\n");
  }
  SUBCASE("it writes nevertheless") {
    project.dir.pair("0001", "a", "BEGIN READ ONLY;\nCREATE TABLE a ();COMMIT;");
    const Report report = project.up();
    CHECK(told(report) == "0001 failed");
    CHECK(report.failure->sqlstate == "25006");
  }
}

TEST_CASE("a procedure or DO block that commits fails, and nothing stays") {
  Project project;
  project.dir.pair(
      "0001", "a",
      "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE a (); COMMIT; END $$;"
      "CALL p();");
  const Report report = project.up();
  CHECK(told(report) == "0001 failed");
  CHECK(report.failure->sqlstate == "2D000");
  CHECK(project.db.value("SELECT count(*) FROM pg_proc WHERE proname = 'p'") == "0");
}

TEST_CASE("savepoints inside a script work") {
  Project project;
  project.dir.pair("0001", "a",
                   "CREATE TABLE a (id integer);\n"
                   "SAVEPOINT s;\nINSERT INTO a VALUES (1);\nROLLBACK TO SAVEPOINT s;\n"
                   "INSERT INTO a VALUES (2);\nRELEASE s;\nINSERT INTO a VALUES (3);");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.rows("SELECT id FROM a ORDER BY id") == "2\n3\n");

  project.dir.pair("0002", "b", "CREATE TABLE b ();SAVEPOINT s;CREATE TABLE c ();SELECT 1/0;");
  CHECK(told(project.up()) == "0002 failed");
  CHECK_FALSE(project.db.has_table("b"));
  CHECK_FALSE(project.db.has_table("c"));
  CHECK(project.ledger() ==
        "0001 a: applied\n0002 b: failed, sql/0002_b.sql:1:49: division by zero (22012)\n");
}

TEST_CASE("a script that uses the name of pgtide's savepoint is refused or atomic") {
  Project project;
  SUBCASE("a savepoint of that name, and a failure behind it") {
    project.dir.pair("0001", "a", "CREATE TABLE a (); SAVEPOINT pgtide_step; SELECT 1/0;");
    try {
      CHECK(told(project.up()) == "0001 failed");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
    }
    CHECK_FALSE(project.db.has_table("a"));
  }
  SUBCASE("released") {
    project.dir.pair("0001", "a", "CREATE TABLE a (); RELEASE SAVEPOINT pgtide_step; SELECT 1/0;");
    try {
      CHECK(told(project.up()) == "0001 failed");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
    }
    CHECK_FALSE(project.db.has_table("a"));
  }
  SUBCASE("rolled back to and released in a script without failure") {
    project.dir.pair(
        "0001", "a",
        "CREATE TABLE a (); ROLLBACK TO pgtide_step; CREATE TABLE b (); RELEASE pgtide_step;");
    try {
      const Report report = project.up();
      CHECK(report.failure->kind == FailureKind::migration);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
    }
    CHECK_FALSE(project.db.has_table("b"));
  }
}

TEST_CASE("SET TRANSACTION READ ONLY in a script does not reach the ledger") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a (); SET TRANSACTION READ ONLY; SELECT 1;");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  CHECK(told(project.up()) == "0001 done, 0002 done");
}
