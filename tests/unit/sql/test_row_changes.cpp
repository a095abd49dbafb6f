#include <doctest/doctest.h>

#include <string>

#include "sql/row_changes.hpp"

using namespace pgtide::sql;

namespace {

// `deletes a, updates b`
std::string said(std::string_view statement) {
  std::string text;
  for (const RowChange& change : row_changes_of(statement)) {
    const bool deleted = change.kind == RowChangeKind::deleted;
    text +=
        (text.empty() ? "" : ", ") + std::string(deleted ? "deletes " : "updates ") + change.table;
  }
  return text;
}

}  // namespace

TEST_CASE("what a statement says of rows") {
  CHECK(said("DELETE FROM job WHERE id = 2") == "deletes job");
  CHECK(said("delete from only app.\"Job\" j using x") == "deletes app.\"Job\"");
  CHECK(said("TRUNCATE TABLE a, ONLY b RESTART IDENTITY") == "deletes a, deletes b");
  CHECK(said("UPDATE t SET a = 1") == "updates t");
  CHECK(said("WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone") ==
        "deletes a");
  CHECK(said("WITH x AS (SELECT 1 FOR UPDATE) UPDATE t SET a = 1") == "updates t");
  CHECK(said("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2") == "updates t");
  CHECK(said("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE") == "deletes t");
  CHECK(said("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1") ==
        "updates t");
}

TEST_CASE("what is no change of rows") {
  CHECK(said("INSERT INTO t VALUES ('DELETE FROM x')").empty());
  CHECK(said("CREATE RULE r AS ON DELETE TO t DO INSTEAD UPDATE u SET a = 1").empty());
  CHECK(said("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE CASCADE").empty());
  CHECK(said("GRANT UPDATE ON t TO reader").empty());
  CHECK(said("SELECT * FROM t FOR UPDATE").empty());
}

TEST_CASE("a script that is about rows only") {
  CHECK(is_about_rows("INSERT INTO t VALUES (1)"));
  CHECK(is_about_rows("COPY t FROM STDIN"));
  CHECK_FALSE(is_about_rows("ALTER SCHEMA public OWNER TO a"));
  CHECK_FALSE(is_about_rows("SELECT f()"));
  CHECK_FALSE(is_about_rows("DO $$BEGIN END$$"));
}
