#include <doctest/doctest.h>

#include <string>

#include "unit/sql/support.hpp"

using namespace pgtide;
using namespace pgtide::sql;
using test::describe_script;
using test::Lines;
using test::read_items;

namespace {

const Statement& statement_at(const std::vector<ScriptItem>& items, std::size_t index) {
  return std::get<Statement>(items.at(index));
}

}  // namespace

TEST_CASE("a statement is what stands between its first token and its semicolon") {
  const std::string script = "-- title\n\n/* a; b */ SELECT 1 -- one;\n , 2 ;\n  SELECT 3";
  const auto items = read_items(script);
  REQUIRE(items.size() == 2);
  const Statement& first = statement_at(items, 0);
  CHECK(first.text == "SELECT 1 -- one;\n , 2");
  CHECK(first.begin == Position{21, 3, 12});
  CHECK(script.substr(first.end - 1, 1) == ";");
  const Statement& last = statement_at(items, 1);
  CHECK(last.text == "SELECT 3");
  CHECK(last.end == script.size());
  CHECK(last.begin == Position{script.size() - 8, 5, 3});
}

TEST_CASE("empty statements and comments are no statements") {
  CHECK(describe_script("").empty());
  CHECK(describe_script(" \n\t;;\n-- x;\n/* ; /* ; */ */ ; \r\n").empty());
}

TEST_CASE("semicolons inside quotes, bodies and rules end nothing") {
  const Lines scripts = {
      "SELECT 'a;''b;'",
      "SELECT E'a\\';b'",
      "SELECT U&'\\0041;' , U&\"d;\\0061\"",
      "SELECT \"x;\"\"y;\"",
      "DO $$ BEGIN RAISE NOTICE ';'; COMMIT; END $$",
      "DO $body$ SELECT $$;$$; $bod$; $body$",
      "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; INSERT INTO b VALUES (1); )",
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true "
      "THEN 1 END; SELECT 2; END",
      "SELECT a[1:2], :name, 5 @- 3, x::text, 1 /* ; */ + -- ;\n 2",
      "SELECT $1, a$b$, $$x$$",
      "SELECT 'ä;ö' AS \"ü;\", '日本;語'",
  };
  for (const auto& text : scripts) {
    CAPTURE(text);
    CHECK(describe_script(text + ";SELECT 'next';").size() == 2);
    CHECK(statement_at(read_items(text + ";SELECT 'next';"), 0).text == text);
    CHECK(statement_at(read_items(text), 0).text == text);
  }
}

TEST_CASE("an escape string goes on in the next line with its escapes") {
  const std::string text = "SELECT E'a\\''\n  -- and\n  'b\\';c'";
  CHECK(describe_script(text + ";\nSELECT 2;") == Lines{"1:1 " + text, "4:1 SELECT 2"});
  for (std::size_t pad = 65'536 - 60; pad < 65'536; ++pad) {
    const std::string filler = "/*" + std::string(pad, 'x') + "*/\n";
    const auto items = read_items(filler + text + ";\nSELECT 2;");
    REQUIRE(items.size() == 2);
    CHECK(statement_at(items, 0).text == text);
  }
}

TEST_CASE("line ends of other systems and a byte-order mark") {
  const std::string script =
      "\xEF\xBB\xBFSELECT 1;\r\n-- pgtide: no-transaction\r\nSELECT\r\n2;\r\n";
  const auto items = read_items(script);
  CHECK(describe_script(script) == Lines{"1:1 SELECT 1", "2:1 directive 0", "3:1 SELECT\n2"});
  CHECK(statement_at(items, 0).begin.offset == 3);
  CHECK(describe_script("SELECT 1; -- pgtide\rSELECT 2;") ==
        Lines{"1:1 SELECT 1", "1:21 SELECT 2"});
}

TEST_CASE("a CR without LF stays, also where what is read at once ends") {
  for (std::size_t pad = 4090; pad < 4100; ++pad) {
    const std::string filler = "/*" + std::string(pad, 'x') + "*/";
    const auto items = read_items(filler + "SELECT '\r\r\n\r';\r\nSELECT $$\r\n$$;\r");
    REQUIRE(items.size() == 2);
    CHECK(statement_at(items, 0).text == "SELECT '\r\n\r'");
    CHECK(statement_at(items, 1).text == "SELECT $$\n$$");
    CHECK(statement_at(items, 1).begin.line == 3);
  }
}

TEST_CASE("a heading of a way back counts below statements") {
  const std::string told = "another tool's way back begins here; pgtide would run it, too";
  for (const char* heading : {"-- Down Migration", "-- ==== DOWN ====", "--- down", "-- Down"}) {
    CAPTURE(heading);
    const std::string line = heading;
    const auto items = read_items("CREATE TABLE t ();\n" + line + "\nDROP TABLE t;");
    REQUIRE(items.size() == 3);
    CHECK(std::get<Problem>(items[1]).message == told);
    CHECK(std::get<Problem>(items[1]).where.line == 2);
    CHECK(read_items(line + "\nDROP TABLE t;").size() == 1);
    CHECK(read_items("SELECT 1; " + line + "\nSELECT $$\n" + line + "\n$$, (\n" + line + "\n1);")
              .size() == 2);
  }
  CHECK(read_items("SELECT 1;\n-- down to the last row\nSELECT 2;").size() == 2);
}

TEST_CASE("directives are lines of their own at statement level") {
  CHECK(describe_script("-- pgtide: no-transaction\n"
                        "CREATE TABLE t (\n"
                        "  --PGTIDE : lock-timeout=2s\n"
                        "  a int);\n"
                        "/*\n-- pgtide: bad one\n*/\n"
                        "SELECT '\n-- pgtide: bad two\n', $$\n-- pgtide: bad three\n$$;\n"
                        "  -- pgtide: irreversible data is gone") ==
        Lines{"1:1 directive 0", "3:3 directive 3",
              "2:1 CREATE TABLE t (\n  --PGTIDE : lock-timeout=2s\n  a int)",
              "8:1 SELECT '\n-- pgtide: bad two\n', $$\n-- pgtide: bad three\n$$",
              "13:3 directive 1"});
}

TEST_CASE("a directive that cannot take effect is a problem") {
  CHECK(
      describe_script("SELECT 1; -- pgtide: no-transaction\nSELECT 2;\n-- pgtide: no-transacton") ==
      Lines{"1:1 SELECT 1",
            "1:11 problem: a directive behind other text on its line has no effect | put it on a "
            "line of its own | SELECT 1; -- pgtide: no-transaction",
            "2:1 SELECT 2",
            "3:12 problem: unknown directive \"no-transacton\" | did you mean no-transaction? | "
            "-- pgtide: no-transacton"});
}

TEST_CASE("backslash commands") {
  CHECK(describe_script("\\restrict abc\r\nSELECT 1;\n  \\connect \"a;b\" -- x\nSELECT '\\x';\n"
                        "SELECT 2 \\gset\nSELECT 3 \\; SELECT 4;\nSELECT E'\\;', a \\: b;\n") ==
        Lines{"1:1 \\restrict abc", "2:1 SELECT 1", "3:3 \\connect \"a;b\" -- x",
              "4:1 SELECT '\\x'", "5:1 SELECT 2", "5:10 \\gset", "6:10 \\; SELECT 4;",
              "6:1 SELECT 3 \\; SELECT 4", "7:17 \\: b;", "7:1 SELECT E'\\;', a \\: b"});
}

TEST_CASE("what never ends is named where it begins") {
  const auto only = [](const std::string& script) {
    const auto lines = describe_script(script);
    REQUIRE(!lines.empty());
    return lines.back();
  };
  const std::string hint =
      " | write '' for a quote in a string; a backslash escapes nothing there, only in E'…'";
  CHECK(only("SELECT 1;\n /* a /* b */\n") ==
        "2:2 unreadable: a comment that begins here never ends");
  CHECK(only("SELECT 1,\n 2 /* b\n") == "2:4 unreadable: a comment that begins here never ends");
  CHECK(only("SELECT 'a', 'it;\nSELECT 2;") ==
        "1:13 unreadable: a string that begins here never ends" + hint);
  CHECK(only("SELECT 'it\\'s';") == "1:14 unreadable: a string that begins here never ends" + hint);
  CHECK(only("SELECT E'\\';") == "1:8 unreadable: a string that begins here never ends");
  CHECK(only("SELECT \"a;\n") == "1:8 unreadable: a quoted name that begins here never ends");
  CHECK(only("DO $$ x;\n$a$") ==
        "1:4 unreadable: a dollar-quoted string that begins here never ends");
  CHECK(only("CREATE TABLE t (\n a numeric(3,2);\nSELECT 1;") ==
        "1:16 unreadable: a parenthesis that opens here is never closed");
  CHECK(only("SELECT 1;CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;") ==
        "1:10 unreadable: the BEGIN ATOMIC body of this statement never ends");
}

TEST_CASE("backslashes in strings are what the script has set") {
  const std::string off = "SET standard_conforming_strings = off";
  CHECK(describe_script(off + "; SELECT 'a\\'; b';\nSELECT 'c\\\\'; SELECT 2;") ==
        Lines{"1:1 " + off, "1:40 SELECT 'a\\'; b'", "2:1 SELECT 'c\\\\'", "2:15 SELECT 2"});
  // Read with escapes, the string ends behind the comma, and the next semicolon counts.
  const auto with_escapes = [](const std::string& before) {
    return describe_script(before + ";\nSELECT 'a\\', 'b;c';").at(1) == "2:1 SELECT 'a\\', 'b";
  };
  CHECK_FALSE(with_escapes("SELECT 1"));
  CHECK(with_escapes(off));
  CHECK(with_escapes("set session \"standard_conforming_strings\" to 'OFF'"));
  CHECK(with_escapes("SET LOCAL Standard_Conforming_Strings TO f"));
  CHECK(with_escapes("SELECT pg_catalog.set_config('standard_conforming_strings', 'no', false)"));
  CHECK_FALSE(with_escapes("SET standard_conforming_strings = on"));
  CHECK_FALSE(with_escapes("SET standard_conforming_strings_x = off"));
  CHECK_FALSE(with_escapes("SELECT set_config('search_path', 'off', false)"));
  for (const char* back : {"RESET ALL", "RESET standard_conforming_strings", "DISCARD ALL",
                           "SET standard_conforming_strings TO DEFAULT"}) {
    CHECK(describe_script(off + ";" + back + ";SELECT 'a\\', 'b;c';").size() == 3);
  }
}

TEST_CASE("bytes that cannot be a script") {
  CHECK(describe_script("SELECT 1;\nSELECT 'ä\xFF';") ==
        Lines{"1:1 SELECT 1", "2:10 unreadable: invalid UTF-8 | save the file as UTF-8"});
  CHECK(describe_script("SELECT '\xE2\x82") ==
        Lines{"1:9 unreadable: invalid UTF-8 | save the file as UTF-8"});
  CHECK(describe_script(std::string("a\0b", 3)) ==
        Lines{"1:2 unreadable: a NUL byte, which PostgreSQL does not take in a script | remove "
              "it; is this a text file, in UTF-8?"});
  CHECK(describe_script(std::string("\xFF\xFES\0E\0", 6)) ==
        Lines{"1:1 unreadable: not UTF-8: the file is UTF-16 | save the file as UTF-8"});
  CHECK(describe_script("COPY t FROM stdin;\na\n\xC0\n\\.\nSELECT 1;") ==
        Lines{"1:1 COPY t FROM stdin", "3:1 unreadable: invalid UTF-8 | save the file as UTF-8"});
}

TEST_CASE("COPY data is handed out up to its end") {
  const std::string script =
      "COPY t FROM stdin; -- data\r\n1\ta;b\r\n\\.x\r\n\\\\.\r\n\\.\r\nSELECT 'after';\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
    test::SlowSource source(script, step);
    ScriptReader reader(source);
    REQUIRE(test::describe(*reader.next()) == "1:1 COPY t FROM stdin");
    CHECK(reader.copy_position() == Position{27, 2, 1});
    std::string data;
    while (const auto piece = reader.next_copy_data()) data += *piece;
    CHECK(data == "1\ta;b\n\\.x\n\\\\.\n");
    CHECK(!reader.next_copy_data());
    REQUIRE(test::describe(*reader.next()) == "6:1 SELECT 'after'");
    CHECK(!reader.next());
    CHECK(reader.checksum() == checksum_of(script, ChecksumForms::usual));
  }
}

TEST_CASE("COPY data that is not read is skipped, and may end with the script") {
  CHECK(describe_script("COPY t FROM stdin;\n1;\n'\n\\.\nSELECT 1;COPY t FROM stdin;\n\\.\n;\n"
                        "COPY t FROM stdin;\nlast") ==
        Lines{"1:1 COPY t FROM stdin", "5:1 SELECT 1", "5:10 COPY t FROM stdin",
              "8:1 COPY t FROM stdin"});
  CHECK(describe_script("COPY t FROM stdin;") == Lines{"1:1 COPY t FROM stdin"});
  CHECK(describe_script("COPY t FROM stdin; SELECT 1;\n\\.\nSELECT 2;") ==
        Lines{"1:20 problem: COPY … FROM STDIN is followed by other text on its line | begin the "
              "data on the next line, and put further statements after the line `\\.` | COPY t "
              "FROM stdin; SELECT 1;",
              "1:1 COPY t FROM stdin", "3:1 SELECT 2"});
}

TEST_CASE("COPY pieces are whole lines, and a longer line comes in parts") {
  std::string data;
  for (int i = 0; i < 30'000; ++i) data += std::to_string(i) + "\tline\n";
  data += "\\" + std::string(200'000, '.') + "\n";
  data += "\\\\.\n";
  StringSource source("COPY t FROM stdin;\n" + data + "\\.\nSELECT 1;");
  ScriptReader reader(source);
  REQUIRE(reader.next());
  std::string seen;
  std::size_t longest = 0;
  std::size_t parts = 0;
  while (const auto piece = reader.next_copy_data()) {
    seen += *piece;
    longest = std::max(longest, piece->size());
    if (!piece->ends_with('\n')) ++parts;
  }
  CHECK(seen == data);
  CHECK(longest <= 2 * 65'536);
  CHECK(parts >= 2);
  CHECK(test::describe(*reader.next()) == "30005:1 SELECT 1");
}

TEST_CASE("the line of an item is at hand") {
  StringSource source("-- é\r\n  SELECT 1; \\foo\r\nSELECT\n 2;");
  ScriptReader reader(source);
  const auto statement = std::get<Statement>(*reader.next());
  CHECK(reader.source_line(statement.begin) == "  SELECT 1; \\foo");
  const auto command = std::get<MetaCommand>(*reader.next());
  CHECK(reader.source_line(command.at) == "  SELECT 1; \\foo");
  CHECK(reader.source_line(Position{0, 1, 1}) == "-- é");
}

TEST_CASE("the checksum is of the whole source, readable or not") {
  const std::string script = "SELECT \xFF;" + std::string(200'000, 'x');
  StringSource source(script);
  ScriptReader reader(source);
  while (reader.next()) {
  }
  CHECK(reader.checksum() == checksum_of(script, ChecksumForms::usual));
}

TEST_CASE("only what pg_dump writes around its dumps is harmless") {
  CHECK(is_harmless({"restrict abc", {}}));
  CHECK(is_harmless({"unrestrict abc", {}}));
  CHECK(!is_harmless({"restricted", {}}));
  CHECK(!is_harmless({"connect x", {}}));
}
