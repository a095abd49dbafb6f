// Random scripts: whatever stands between the statements, each comes out as it went in.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "pgtide/sql/position.hpp"
#include "unit/sql/support.hpp"

using namespace pgtide;
using namespace pgtide::sql;

namespace {

using Strings = std::vector<std::string>;

// Pieces of a statement that hold what a careless splitter trips over.
const Strings pieces = {"'a;b'",
                        "'it''s;'",
                        "E'\\';\\\\'",
                        "E'x\\''\n 'y\\';'",
                        "U&'\\0441;'",
                        "U&\"d;\"",
                        "\"q;\"\"r\"",
                        "$$;'$$",
                        "$tag$ ; $$ ; $ta$ $tag$",
                        "/* ; ' */",
                        "/* /* ; */ \" */",
                        "-- ; ' $$\n",
                        "-- $x$\r\n",
                        "(1; 2)",
                        "((a));",
                        "ä;ß",
                        "日本",
                        "🙂",
                        "a$b$c",
                        "x->>'k;'",
                        "@>",
                        "<>",
                        "+/* - */-",
                        "?|",
                        "::int",
                        ":name",
                        "a[1:2]",
                        "1.5e-3",
                        "$1",
                        "\r\n",
                        "\n",
                        "\t",
                        "\f",
                        "case",
                        "begin",
                        "end",
                        "n'x;'",
                        "b'01'",
                        "%"};

const Strings whole_statements = {
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 ELSE 2 END; SELECT 1; "
    "END",
    "create or replace procedure p() begin atomic insert into t values (';'); end",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; INSERT INTO b VALUES (';'); )",
    "DO $do$ BEGIN PERFORM $$;$$; COMMIT; END $do$",
    "SELECT 1",
    "BEGIN",
    "INSERT INTO t VALUES ('\n;\n', \"\n\")"};

const Strings gaps = {" ",
                      "\n",
                      "\r\n",
                      "\t",
                      "-- it's; a comment\n",
                      "-- crlf;\r\n",
                      "/* ; */",
                      "/* ' /* \" ; */ $$ */",
                      ";",
                      "\n\n",
                      "--\n",
                      "-- pgtide is not a directive;\n"};

std::string one_of(const Strings& list) {
  return *rc::gen::elementOf(list);
}

std::string random_statement() {
  if (*rc::gen::inRange(0, 3) == 0) return one_of(whole_statements);
  std::string text = "SELECT";
  const int count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) {
    std::string piece = one_of(pieces);
    if (piece == "((a));") piece = "((a))";
    if (piece == "ä;ß") piece = "äß";
    text += " " + piece;
  }
  return text + " x";  // so that it does not end in a comment
}

std::string random_gap() {
  std::string gap;
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) gap += one_of(gaps);
  // Now and then as long as what is read at once, so that the ends of runs fall everywhere.
  if (*rc::gen::inRange(0, 12) == 0) {
    const auto length = *rc::gen::inRange<std::size_t>(65'400, 65'600);
    gap += *rc::gen::element('-', '/') == '-' ? "--" + std::string(length, 'x') + "\n"
                                              : "/*" + std::string(length, '\n') + "*/";
  }
  return gap;
}

Position place_of(const std::string& script, std::size_t offset) {
  Position at{offset, 1, 1};
  for (std::size_t i = 0; i < offset; ++i) {
    const auto byte = static_cast<unsigned char>(script[i]);
    if (byte == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((byte & 0xC0U) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

}  // namespace

TEST_CASE("statements come out as they went in, with their places, however the bytes arrive") {
  CHECK(rc::check([] {
    std::string script;
    std::vector<Statement> expected;
    const int count = *rc::gen::inRange(0, 8);
    for (int i = 0; i < count; ++i) {
      script += with_lf(random_gap());
      Statement statement;
      statement.text = with_lf(random_statement());
      statement.begin.offset = script.size();
      script += statement.text + one_of({"", " ", "\n"});
      script += ";";
      statement.end = script.size();
      expected.push_back(statement);
    }
    script += with_lf(random_gap());
    const auto step = *rc::gen::element<std::size_t>(1, 2, 3, 1000, 65'536, 1U << 20U);
    const bool lf = *rc::gen::arbitrary<bool>();
    const auto items = test::read_items(lf ? script : with_crlf(script), step);
    RC_ASSERT(items.size() == expected.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto& statement = std::get<Statement>(items[i]);
      RC_ASSERT(statement.text == expected[i].text);
      RC_ASSERT(statement.end == expected[i].end);
      RC_ASSERT(statement.begin == place_of(script, expected[i].begin.offset));
    }
  }));
}

TEST_CASE("any bytes are read to the end, alike for every chunk size") {
  const Strings atoms = {"'",
                         "\"",
                         "$$",
                         "$a$",
                         "/*",
                         "*/",
                         "--",
                         ";",
                         "\\",
                         "\n",
                         "\r",
                         "(",
                         ")",
                         " ",
                         "E'",
                         "U&\"",
                         "begin",
                         "end",
                         "create function",
                         "copy t from stdin;\n",
                         "\\.\n",
                         "-- pgtide: ",
                         "batch",
                         "x=",
                         "é",
                         "\xC3",
                         "\xF0\x9F",
                         std::string(1, '\0'),
                         "a1"};
  CHECK(rc::check([&] {
    std::string script;
    const int count = *rc::gen::inRange(0, 40);
    for (int i = 0; i < count; ++i) script += one_of(atoms);
    const auto whole = test::describe_script(script);
    RC_ASSERT(test::describe_script(script, 1) == whole);
    const std::string read = with_lf(script);
    for (const auto& item : test::read_items(script)) {
      if (const auto* statement = std::get_if<Statement>(&item)) {
        RC_ASSERT(read.substr(statement->begin.offset, statement->text.size()) == statement->text);
        RC_ASSERT(statement->begin == place_of(read, statement->begin.offset));
        (void)classify(statement->text);
        (void)command_words(statement->text);
      }
    }
    StringSource source(script);
    (void)scan_script(source, "x.sql");
  }));
}
