#include "pgtide/sql/losses.hpp"

#include <doctest/doctest.h>

using namespace pgtide;
using sql::losses_of;
using sql::Victim;

namespace {

std::string told(const std::string& statement) {
  std::string out;
  for (const Victim& victim : losses_of(statement)) {
    out += (out.empty() ? "" : " ") + victim.schema + "/" + victim.table + "/" + victim.column;
  }
  return out;
}

}  // namespace

TEST_CASE("the tables that a statement takes rows from") {
  CHECK(told("DROP TABLE a") == "/a/");
  CHECK(told("drop table if exists App.\"Us,ers\", only_b CASCADE") == "app/Us,ers/ /only_b/");
  CHECK(told("DROP /* TABLE x */ TABLE a, -- b\n c") == "/a/ /c/");
  CHECK(told("TRUNCATE a, ONLY s.b RESTART IDENTITY CASCADE") == "/a/ s/b/");
  CHECK(told("TRUNCATE TABLE a") == "/a/");
  CHECK(told("DELETE FROM ONLY s.a * AS b RETURNING id") == "s/a/");
  CHECK(told("DROP SCHEMA IF EXISTS a, \"B\" CASCADE") == "a// B//");
}

TEST_CASE("the columns that a statement takes") {
  CHECK(
      told("ALTER TABLE IF EXISTS ONLY s.t DROP COLUMN IF EXISTS a, ADD b numeric(1, 2), DROP c") ==
      "s/t/a s/t/c");
  CHECK(told("ALTER TABLE t * DROP \"Column\" CASCADE") == "/t/Column");
  CHECK(told("ALTER TABLE t DROP CONSTRAINT a, ALTER b DROP NOT NULL, ALTER c DROP DEFAULT") == "");
}

TEST_CASE("statements that take nothing, or cannot be read") {
  for (const char* statement :
       {"", "DROP", "DROP TABLE", "DROP INDEX a", "DROP VIEW a", "ALTER TABLE", "ALTER TABLE a",
        "ALTER INDEX a RENAME TO b", "CREATE TABLE a ()", "TRUNCATE", "SELECT 1", "DROP TABLE ,",
        "DELETE FROM a WHERE b = 1", "DELETE FROM a USING b", "DELETE FROM", "DELETE"}) {
    CHECK_MESSAGE(told(statement) == "", statement);
  }
}

TEST_CASE("a DELETE inside another statement, and values that are replaced") {
  CHECK(told("WITH d AS (DELETE FROM s.t RETURNING id) SELECT * FROM d WHERE id = 1") == "s/t/");
  CHECK(told("WITH d AS (DELETE FROM t WHERE id = 1 RETURNING id) DELETE FROM u") == "/u/");
  CHECK(told("INSERT INTO log WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d") == "/t/");
  CHECK(told("EXPLAIN ANALYZE DELETE FROM t") == "/t/");
  CHECK(told("ALTER TABLE t ALTER a TYPE text USING 'x', ALTER COLUMN b SET DATA TYPE int USING "
             "b::int") == "/t/a");
  CHECK(told("ALTER TABLE t ALTER a TYPE numeric(1, 2), ALTER \"B\" TYPE text USING \"B\" || b") ==
        "");
  CHECK(told("CREATE RULE r AS ON DELETE TO t DO ALSO DELETE FROM u") == "");
  CHECK(told("CREATE TABLE a (b int REFERENCES c ON DELETE CASCADE)") == "");
}

TEST_CASE("statements that may take more than they name") {
  for (const char* statement :
       {"DO 'x'", "CALL p()", "DROP TYPE a CASCADE", "DROP OWNED BY a", "DROP EXTENSION a",
        "ALTER TABLE a DROP b CASCADE", "MERGE INTO a USING b ON c"}) {
    CHECK_MESSAGE(sql::may_lose_more(statement), statement);
  }
  for (const char* statement : {"DROP TABLE a", "DROP TABLE \"CASCADE\"", "SELECT 1",
                                "CREATE TABLE a (b int REFERENCES c ON DELETE CASCADE)"}) {
    CHECK_MESSAGE(!sql::may_lose_more(statement), statement);
  }
}
