#include <doctest/doctest.h>

#include "samples.hpp"

namespace pgtide::render {
namespace {

TEST_CASE("a failure shows the place, the line, and all that the server said") {
  Failure failure = sample_failure(0);
  failure.detail = "There is no such table.";
  failure.server_hint = "Perhaps you meant \"course\".";
  failure.context = "SQL function \"f\"\nPL/pgSQL function g() line 3";
  CHECK(failure_text(failure, plain()) ==
        R"(migrations/sql/0004_add_tags.sql:12:14: error: relation "courses" does not exist (42P01)
    REFERENCES courses (id), label text
               ^
  detail: There is no such table.
  server hint: Perhaps you meant "course".
  context: SQL function "f"
           PL/pgSQL function g() line 3
  hint: create the table in an earlier migration
)");
}

TEST_CASE("a failure says no more than is known") {
  Failure failure;
  failure.message = "connection lost";
  CHECK(failure_text(failure, plain()) == "error: connection lost\n");
  failure.where.file = "stored rollback of 0007";
  failure.kind = FailureKind::interrupted;
  failure.message = "stopped before the next migration";
  CHECK(failure_text(failure, plain()) ==
        "stored rollback of 0007: stopped: stopped before the next migration\n");
}

TEST_CASE("problems stand one below the other, those without a file marked") {
  CHECK(problems_text({{.where = {"migrations/sql/0003_a.sql", 2, 5},
                        .message = "`\\connect` is a command of psql",
                        .hint = "remove it",
                        .source_line = "\t-- \\connect other"},
                       {.where = {"migrations/sql/0004_b.sql", 0, 0}, .message = "it is empty"},
                       {.where = {}, .message = "no version is given"}},
                      plain()) ==
        "migrations/sql/0003_a.sql:2:5: `\\connect` is a command of psql\n"
        "  \t-- \\connect other\n"
        "  \t   ^\n"
        "  hint: remove it\n"
        "migrations/sql/0004_b.sql: it is empty\n"
        "problem: no version is given\n");
  CHECK(problems_text({}, plain()).empty());
}

TEST_CASE("the caret stands below its character") {
  Problem problem{.where = {"a.sql", 1, 8}, .message = "m"};
  SUBCASE("behind wide characters") {
    problem.source_line = "-- \u8868\u8868 x y";
    problem.where.column = 7;
    CHECK(problems_text({problem}, plain()) ==
          "a.sql:1:7: m\n  -- \u8868\u8868 x y\n          ^\n");
  }
  SUBCASE("behind what was escaped") {
    problem.source_line = "a\x1b[1mb c";
    CHECK(problems_text({problem}, plain()) == "a.sql:1:8: m\n  a\\x1b[1mb c\n            ^\n");
  }
  SUBCASE("behind the end") {
    problem.source_line = "select";
    CHECK(problems_text({problem}, plain()) == "a.sql:1:8: m\n  select\n        ^\n");
  }
  SUBCASE("not at all when the column is unknown") {
    problem.where.column = 0;
    problem.source_line = "select";
    CHECK(problems_text({problem}, plain()) == "a.sql:1: m\n  select\n");
  }
}

TEST_CASE("a statement far behind the begin of its line is shown without the gap") {
  Problem problem{.where = {"a.sql", 1, 44}, .message = "m"};
  problem.source_line = std::string(40, ' ') + "x (y)";
  CHECK(problems_text({problem}, plain()) == "a.sql:1:44: m\n  x (y)\n     ^\n");
  problem.source_line = std::string(16, ' ') + "x (y)";
  problem.where.column = 17;
  CHECK(problems_text({problem}, plain()) ==
        "a.sql:1:17: m\n                  x (y)\n                  ^\n");
}

TEST_CASE("a line wider than the terminal is cut around the caret") {
  Problem problem{.where = {"a.sql", 1, 100}, .message = "m"};
  problem.source_line = std::string(99, 'a') + "X" + std::string(99, 'b');
  CHECK(problems_text({problem}, plain(40)) ==
        "a.sql:1:100: m\n"
        "  ...aaaaaaaaaaaaaaaaXbbbbbbbbbbbbbbb...\n"
        "                     ^\n");
  problem.where.column = 2;
  CHECK(problems_text({problem}, plain(40)) ==
        "a.sql:1:2: m\n"
        "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\n"
        "   ^\n");
  problem.where.column = 199;
  CHECK(problems_text({problem}, plain(40)) ==
        "a.sql:1:199: m\n"
        "  ...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
        "                                    ^\n");
}

TEST_CASE("an error shows its problems, the detail and what to do") {
  const Error invalid(ErrorKind::invalid_input, "the migrations directory has 1 problem",
                      {{.where = {"migrations/sql/0004_b.sql", 0, 0}, .message = "it is empty"}},
                      "fix it, then run `pgtide validate`");
  CHECK(error_text(invalid, plain()) ==
        "error: the migrations directory has 1 problem\n"
        "migrations/sql/0004_b.sql: it is empty\n"
        "  hint: fix it, then run `pgtide validate`\n");
  const Error refused = Error(ErrorKind::environment, "cannot connect to shop: password refused",
                              "check the password in DATABASE_URL")
                            .with_sqlstate("28P01", "for user app");
  CHECK(error_text(refused, plain()) ==
        "error: cannot connect to shop: password refused (28P01)\n"
        "  detail: for user app\n"
        "  hint: check the password in DATABASE_URL\n");
}

TEST_CASE("the server's notices and pgtide's own remarks say where") {
  CHECK(notice_text({.where = {"migrations/sql/0004_b.sql", 3, 1},
                     .severity = "NOTICE",
                     .message = "table \"x\" does not exist, skipping",
                     .detail = "line one\nline two",
                     .hint = "Look."},
                    plain()) ==
        "migrations/sql/0004_b.sql:3: notice: table \"x\" does not exist, skipping\n"
        "  detail: line one\n"
        "          line two\n"
        "  server hint: Look.\n");
  CHECK(notice_text({.severity = "WARNING", .message = "w"}, colored()) ==
        "\x1b[33mwarning:\x1b[0m w\n");
  CHECK(remark_text({.where = {"migrations/sql/0004_b.sql", 1, 1},
                     .message = "BEGIN is absorbed",
                     .source_line = "BEGIN;"},
                    plain()) ==
        "migrations/sql/0004_b.sql:1:1: note: BEGIN is absorbed\n  BEGIN;\n  ^\n");
  CHECK(remark_text({.message = "the database is ahead of migrations"}, plain()) ==
        "note: the database is ahead of migrations\n");
}

TEST_CASE("what the server sends cannot drive the terminal") {
  Failure failure = sample_failure(0);
  failure.source_line.clear();
  failure.hint.clear();
  failure.message =
      "bad\x1b[2J value\r\nsecond\tline\x7f\xc2\x9b"
      "1m";
  CHECK(failure_text(failure, plain()) ==
        "migrations/sql/0004_add_tags.sql:12:14: error: bad\\x1b[2J value\n"
        "  second\tline\\x7f\\xc2\\x9b1m (42P01)\n");
}

TEST_CASE("colour marks the kind of message and dims the details") {
  Failure failure = sample_failure(0);
  failure.detail = "d";
  CHECK(failure_text(failure, colored()) ==
        "migrations/sql/0004_add_tags.sql:12:14: \x1b[31merror:\x1b[0m relation \"courses\" does "
        "not exist (42P01)\n"
        "    REFERENCES courses (id), label text\n"
        "               \x1b[31m^\x1b[0m\n"
        "\x1b[2m  detail: d\x1b[0m\n"
        "  hint: create the table in an earlier migration\n");
}

}  // namespace
}  // namespace pgtide::render
