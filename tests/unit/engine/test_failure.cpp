#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "engine/failure.hpp"

using namespace pgtide;
using namespace pgtide::engine;
using ports::ServerMessage;

namespace {

std::string place(const Failure& failure) {
  return fmt::format("{}:{}:{} |{}|", failure.where.file, failure.where.line, failure.where.column,
                     failure.source_line);
}

const std::string script =
    "CREATE TABLE t (id integer, a text);\nCOPY t FROM stdin;\n1\tone\nx\t\xC3\xA4x\nx\tx\n\\.\n";

// The COPY of `script` fails with this context.
std::string copy_place(const std::string& context, std::size_t position = 0,
                       const std::string& statement = "COPY t FROM stdin") {
  const CopyPlace copy{.begin = {.offset = 37, .line = 2, .column = 1},
                       .text = statement,
                       .data_begin = {.offset = 56, .line = 3, .column = 1},
                       .line = [](std::size_t number) {
                         StringSource source(script);
                         return read_line(source, number);
                       }};
  return place(copy_failure("f", copy, {.context = context, .position = position}));
}

std::string do_place(const std::string& context) {
  return place(script_failure("f", {.offset = 0, .line = 7, .column = 1},
                              "DO $$\nBEGIN\n  RAISE 'x';\nEND $$", {.context = context}));
}

}  // namespace

TEST_CASE("a statement's error is at the position that the server names, else at its begin") {
  const sql::Position begin{.offset = 9, .line = 3, .column = 5};
  CHECK(place(script_failure("f", begin, "SELECT 'ä',\n  wrong", {.position = 15})) ==
        "f:4:3 |  wrong|");
  CHECK(place(script_failure("f", begin, "SELECT 1/0", {})) == "f:3:5 |    SELECT 1/0|");
}

TEST_CASE("a syntax error at a variable of psql says what is wrong") {
  const auto hint = [](const std::string& text, std::size_t position,
                       const std::string& sqlstate = "42601") {
    return script_failure("f", {.offset = 3}, text, {.sqlstate = sqlstate, .position = position})
        .hint;
  };
  const std::string psql = "variables of psql are not filled in: write the value itself";
  CHECK(hint("CREATE TABLE :t ()", 14) == psql);
  CHECK(hint("SELECT :'x'", 8) == psql);
  CHECK(hint("DELETE FROM t LIMIT :batch_size", 21) ==
        "write `-- pgtide: batch` on a line before the statement");
  CHECK(hint("SELECT a[:]", 10) == "");
  CHECK(hint("SELECT a b c", 12) == "");
  CHECK(hint("SELECT :t", 8, "42703") == "");
}

TEST_CASE("what no transaction takes does not belong into a block either") {
  const auto hint = [](const std::string& context) {
    return plain_failure("f", {.sqlstate = "25001", .context = context}).hint;
  };
  CHECK(hint("") ==
        "this cannot run inside a transaction; write `-- pgtide: no-transaction` at the top of the "
        "script");
  CHECK(hint("PL/pgSQL function inline_code_block line 1 at EXECUTE") ==
        "write the statement into the script itself, outside of functions and DO blocks");
}

TEST_CASE("the line inside a DO block comes from the context, in any language") {
  CHECK(do_place("PL/pgSQL function inline_code_block line 3 at RAISE") == "f:9:3 |  RAISE 'x';|");
  CHECK(do_place("PL/pgSQL-Funktion inline_code_block Zeile 3 bei RAISE") ==
        "f:9:3 |  RAISE 'x';|");
  CHECK(do_place("関数inline_code_blockの3行目のRAISE") == "f:9:3 |  RAISE 'x';|");
  CHECK(do_place("PL/pgSQL function f() line 2 at RAISE\nSQL statement \"SELECT 9\"\nPL/pgSQL "
                 "function inline_code_block line 3 at PERFORM") == "f:9:3 |  RAISE 'x';|");
  // A block inside the block: the outer one is the script's.
  CHECK(do_place("PL/pgSQL function inline_code_block line 1 at RAISE\nSQL statement \"DO $$…\"\n"
                 "PL/pgSQL function inline_code_block line 3 at EXECUTE") ==
        "f:9:3 |  RAISE 'x';|");
  CHECK(do_place("PL/pgSQL function inline_code_block during function entry") == "f:7:1 |DO $$|");
  CHECK(do_place("PL/pgSQL function inline_code_block line 99999999999999999999999 at RAISE") ==
        "f:7:1 |DO $$|");
  CHECK(do_place("PL/pgSQL function f() line 3 at RAISE") == "f:7:1 |DO $$|");
}

TEST_CASE("a COPY's error is at the line of data that the context names") {
  CHECK(copy_place("COPY t, line 2, column id: \"x\"") == "f:4:1 |x\täx|");
  CHECK(copy_place("COPY t, line 2, column a: \"äx\"") == "f:4:3 |x\täx|");
  CHECK(copy_place("COPY t, line 3, column a: \"x\"") == "f:5:1 |x\tx|");  // which of the two?
  CHECK(copy_place("COPY t, line 2: \"x\täx\"") == "f:4:1 |x\täx|");
  CHECK(copy_place("COPY t, line 2") == "f:4:1 |x\täx|");
  CHECK(copy_place("COPY t, Zeile 2, Spalte id: »x«") == "f:4:1 |x\täx|");
  CHECK(copy_place("t のCOPY、行 2、列 id: \"x\"") == "f:4:1 |x\täx|");
  CHECK(copy_place("PL/pgSQL function no() line 7 at RAISE\nCOPY t, line 2: \"x\"") ==
        "f:4:1 |x\täx|");
  CHECK(copy_place("COPY t 1, line 9, line 2", 0, "COPY s.\"t 1, line 9\" FROM stdin") ==
        "f:4:1 |x\täx|");
  CHECK(copy_place("COPY t, line 77") == "f:79:1 ||");
}

TEST_CASE("a COPY's error that no line of data caused is at the statement") {
  CHECK(copy_place("") == "f:2:1 |COPY t FROM stdin|");
  CHECK(copy_place("SQL statement \"SELECT 1 FROM p\"") == "f:2:1 |COPY t FROM stdin|");
  CHECK(copy_place("COPY t, line 2", 6) == "f:2:6 |COPY t FROM stdin|");
}

TEST_CASE("a line of a script is read again") {
  const auto line = [](const std::string& text, std::size_t number) {
    StringSource source(text);
    return read_line(source, number);
  };
  CHECK(line("a\nb\nc", 1) == "a");
  CHECK(line("a\nb\nc", 2) == "b");
  CHECK(line("a\nb\nc", 3) == "c");
  CHECK(line("a\nb\n", 3) == "");
  CHECK(line("", 1) == "");
  CHECK(line(std::string(200'000, 'x') + "\ny", 2) == "y");
  CHECK(line(std::string(200'000, 'x'), 1).size() == 1000);
}

TEST_CASE("one line for the ledger") {
  Failure failure;
  failure.message = "no";
  CHECK(one_line(failure) == "no");
  failure.where = {"f.sql", 0, 0};
  failure.sqlstate = "22012";
  CHECK(one_line(failure) == "f.sql: no (22012)");
  failure.where = {"f.sql", 3, 4};
  CHECK(one_line(failure) == "f.sql:3:4: no (22012)");
}

TEST_CASE("trouble of pgtide's own is not the script's") {
  Failure failure;
  failure.message = "permission denied for table migrations";
  failure.sqlstate = "42501";
  const Failure told = ledger_failure(failure, {.schema = "s", .table = "m"});
  CHECK(told.kind == FailureKind::environment);
  CHECK(told.message == "cannot write the ledger: permission denied for table migrations");
  CHECK(told.hint.find("\"s\".\"m\"") != std::string::npos);
  const Failure lost = lock_lost(failure);
  CHECK(lost.kind == FailureKind::environment);
  CHECK(lost.sqlstate.empty());
}
