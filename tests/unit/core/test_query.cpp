#include <doctest/doctest.h>

#include "pgtide/query.hpp"

using pgtide::quote_identifier;
using pgtide::quote_literal;

TEST_CASE("an identifier is quoted and its quotes are doubled") {
  CHECK(quote_identifier("migrations") == R"("migrations")");
  CHECK(quote_identifier(R"(my"table)") == R"("my""table")");
  CHECK(quote_identifier("it's") == R"("it's")");
  CHECK(quote_identifier("") == R"("")");
}

TEST_CASE("a literal is right with and without standard_conforming_strings") {
  CHECK(quote_literal("plain") == "'plain'");
  CHECK(quote_literal("it's") == "'it''s'");
  CHECK(quote_literal(R"(a\b)") == R"(E'a\\b')");
  CHECK(quote_literal(R"(\')") == R"(E'\\''')");
  CHECK(quote_literal("") == "''");
}
