#include <doctest/doctest.h>

#include "pgtide/sql/schema_names.hpp"

using namespace pgtide::sql;
using Names = std::set<std::string>;

TEST_CASE("a script's schemas are those that it makes, or makes something in") {
  CHECK(schemas_named_in("CREATE SCHEMA App; create schema if not exists \"My App\"") ==
        Names{"app", "My App"});
  CHECK(schemas_named_in("CREATE SCHEMA AUTHORIZATION ada") == Names{"ada"});
  CHECK(schemas_named_in("CREATE TABLE IF NOT EXISTS a.t (id int REFERENCES z.t); CREATE OR "
                         "REPLACE FUNCTION b.f() RETURNS int LANGUAGE sql AS 'SELECT 1'") ==
        Names{"a", "b"});
  CHECK(schemas_named_in("ALTER TABLE t SET SCHEMA c; ALTER SCHEMA c RENAME TO d") ==
        Names{"c", "d"});
  CHECK(schemas_named_in("DO $$BEGIN EXECUTE 'CREATE SCHEMA e'; CREATE VIEW f.v AS SELECT 1; "
                         "END$$") == Names{"e", "f"});
  CHECK(schemas_named_in(
            "-- CREATE SCHEMA a\n/* CREATE SCHEMA b */ SELECT users.id FROM x.users") == Names{});
  CHECK(schemas_named_in("GRANT USAGE ON SCHEMA other TO ada; DROP TABLE other.t; "
                         "INSERT INTO other.t VALUES (1); CREATE TABLE t (x.y)") == Names{});
}

TEST_CASE("the names of a search path are read as the server reads them") {
  CHECK(names_in_search_path("\"$user\", Public, \"Odd, name\"", "ada") ==
        Names{"ada", "public", "Odd, name"});
  CHECK(names_in_search_path("", "ada") == Names{});
}
