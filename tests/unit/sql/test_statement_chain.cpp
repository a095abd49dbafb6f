// What tells a script that goes on from another one, and what it has lost with its session.
#include <doctest/doctest.h>

#include "pgtide/sql/effect.hpp"
#include "sql/statement_chain.hpp"

using namespace pgtide;
using namespace pgtide::sql;

namespace {

std::string chain(const std::string& script, std::size_t count) {
  StringSource source(script);
  return chain_of(source, count);
}

}  // namespace

TEST_CASE("a chain is that of the first statements and of nothing behind them") {
  const std::string sum = chain("SELECT 1; SELECT 2; SELECT 3;", 2);
  CHECK(chain("-- a comment\r\nSELECT 1;\r\n\r\nSELECT 2;", 2) == sum);
  CHECK(chain("SELECT 1; SELECT 3; SELECT 2;", 2) != sum);
  CHECK(chain("SELECT 1;", 2) != sum);
  CHECK(chain("SELECT 1", 0).empty());
  StatementChain by_hand;
  by_hand.add("SELECT 1");
  by_hand.add("SELECT 2");
  CHECK(by_hand.sum() == sum);
  CHECK(chain("SELECT 'a\r\nb'", 1) == chain("SELECT 'a\nb'", 1));
}

TEST_CASE("what ends with its session") {
  for (const char* text : {"CREATE TEMP TABLE t ()", "CREATE LOCAL TEMPORARY TABLE t ()",
                           "create temp view v as select 1",
                           "CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "CREATE TABLE pg_temp.t ()",
                           "SELECT 1 AS a INTO TEMP t", "SELECT 1 INTO LOCAL TEMPORARY t"}) {
    CAPTURE(text);
    CHECK(made_for_session(text).starts_with("a temporary"));
  }
  CHECK(made_for_session("PREPARE p AS SELECT 1") == "a prepared statement");
  CHECK(made_for_session("LISTEN x") == "a LISTEN");
  CHECK(made_for_session("DECLARE c CURSOR WITH HOLD FOR SELECT 1") == "a cursor");
  CHECK(made_for_session("SELECT pg_advisory_lock(1)") == "an advisory lock");
  CHECK(made_for_session("LOAD 'auto_explain'") == "a loaded library");
  for (const char* text :
       {"CREATE TABLE t (temp int)", "CREATE TABLE temp (a int)", "CREATE INDEX ON t (temp)",
        "PREPARE TRANSACTION 'x'", "SELECT pg_advisory_xact_lock(1)",
        "DECLARE c CURSOR FOR SELECT 1", "SELECT 1 INTO t", "INSERT INTO temp VALUES (1)",
        "CREATE FUNCTION f() RETURNS int AS 'CREATE TEMP TABLE'"}) {
    CAPTURE(text);
    CHECK(made_for_session(text).empty());
  }
}
