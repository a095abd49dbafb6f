#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "sql/do_block.hpp"

using namespace pgtide::sql;

namespace {

// `line:column`, `-` when it is none. The statement begins on line 10, column 5.
std::string place(const std::string& text, const BodyPlace& where) {
  const auto found = locate_in_do_block(text, {.offset = 100, .line = 10, .column = 5}, where);
  return found ? fmt::format("{}:{}", found->line, found->column) : "-";
}

const std::string block = "DO $$\nBEGIN\n  PERFORM 1;\n  UPDATE ä SET x = 1;\nEND $$";

}  // namespace

TEST_CASE("a line of a DO block's body is a line of the script") {
  CHECK(place(block, {.line = 1}) == "10:10");  // nothing but the quote
  CHECK(place(block, {.line = 2}) == "11:1");
  CHECK(place(block, {.line = 4}) == "13:3");
  CHECK(place("DO 'BEGIN RAISE x; END'", {.line = 1}) == "10:9");
  CHECK(place("DO LANGUAGE plpgsql $a$\r\n\r\n\tRAISE$a$", {.line = 3}) == "12:2");
  CHECK(place("do e'BEGIN END'", {.line = 1}) == "10:10");
}

TEST_CASE("a query of that line gives the column") {
  CHECK(place(block, {.line = 4, .query = "UPDATE ä SET x = 1", .character = 8}) == "13:10");
  CHECK(place(block, {.line = 4, .query = "not in the script", .character = 8}) == "13:3");
  CHECK(place(block, {.line = 2, .query = "UPDATE ä SET x = 1", .character = 8}) == "11:1");
  CHECK(place("DO $$\nBEGIN\n  x := 1 +\n\n    y;\nEND$$",
              {.line = 3, .query = "x := 1 +\n\n    y", .character = 15}) == "14:5");
  CHECK(place("DO $$\nBEGIN\n  x := 1 + y;\nEND$$",
              {.line = 3, .query = "SELECT 1 + y", .character = 12}) == "12:12");
}

TEST_CASE("what is no DO block, or has no such line, has no place") {
  CHECK(place("SELECT f()", {.line = 2}) == "-");
  CHECK(place("CREATE FUNCTION f() AS $$ $$", {.line = 1}) == "-");
  CHECK(place("DO", {.line = 1}) == "-");
  CHECK(place(block, {.line = 6}) == "-");
  CHECK(place("DO $$", {.line = 1}) == "10:10");
  CHECK(place("", {.line = 1}) == "-");
}
