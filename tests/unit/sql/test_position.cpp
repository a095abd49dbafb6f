#include <doctest/doctest.h>

#include <string>

#include "pgtide/sql/position.hpp"
#include "unit/sql/support.hpp"

using namespace pgtide::sql;

TEST_CASE("the server's character becomes a place") {
  const std::string text = "SELECT 'äö',\r\n  日本 FROM\n t";
  const Position begin{100, 5, 9};
  CHECK(locate(text, begin, 1) == begin);
  CHECK(locate(text, begin, 0) == begin);
  CHECK(locate(text, begin, 9) == Position{108, 5, 17});
  CHECK(locate(text, begin, 10) == Position{110, 5, 18});
  CHECK(locate(text, begin, 17) == Position{118, 6, 3});
  CHECK(locate(text, begin, 18) == Position{121, 6, 4});
  CHECK(locate(text, begin, 1000) == Position{100 + text.size(), 7, 3});
  CHECK(pgtide::sql::advance(begin, text) == Position{100 + text.size(), 7, 3});
  CHECK(pgtide::sql::advance(begin, "") == begin);
}

TEST_CASE("the line of a place") {
  const std::string text = "SELECT 'ä',\r\n  b\n\nFROM t";
  const Position begin{10, 3, 5};
  CHECK(line_at(text, begin, begin) == "    SELECT 'ä',");
  CHECK(line_at(text, begin, locate(text, begin, 9)) == "    SELECT 'ä',");
  CHECK(line_at(text, begin, locate(text, begin, 16)) == "  b");
  CHECK(line_at(text, begin, locate(text, begin, 18)) == "");
  CHECK(line_at(text, begin, locate(text, begin, 19)) == "FROM t");
  CHECK(line_at(text, begin, locate(text, begin, 99)) == "FROM t");
}

TEST_CASE("the caret stands under its character") {
  CHECK(caret_line("SELECT x", 8) == "       ^");
  CHECK(caret_line("SELECT x", 1) == "^");
  CHECK(caret_line("\t\tx", 3) == "\t\t^");
  CHECK(caret_line("日本x", 3) == "    ^");
  CHECK(caret_line("e\xCC\x81x", 3) == " ^");  // a combining accent takes no room
  CHECK(caret_line("ab", 5) == "    ^");
  CHECK(caret_line("", 0) == "^");
  CHECK(caret_line("\xE6\x97", 2).ends_with('^'));  // cut short: no overrun
}
