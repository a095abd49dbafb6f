#include <doctest/doctest.h>

#include "samples.hpp"

namespace pgtide::render {
namespace {

StatusEntry applied(const std::string& version, const std::string& name, const std::string& at,
                    std::int64_t time) {
  return {.version = version,
          .name = name,
          .state = State::applied,
          .rollback = RollbackState::ready,
          .applied_at = at,
          .execution_time_ms = time};
}

StatusReport shop() {
  return {.database = "shop",
          .schema = "public",
          .table = "migrations",
          .ledger_exists = true,
          .current = "0002",
          .entries = {applied("0001", "initial_schema", "2026-01-15T10:22:33.120Z", 1240),
                      applied("0002", "add_users", "2026-01-15T10:22:33.180Z", 7),
                      {.version = "0003",
                       .name = "add_events",
                       .state = State::pending,
                       .rollback = RollbackState::ready}}};
}

TEST_CASE("status is a table and one line that sums it up") {
  CHECK(status_text(shop(), plain()) ==
        R"(version  name            state    applied at (UTC)       time  rollback
0001     initial_schema  applied  2026-01-15 10:22:33  1.24 s  ready
0002     add_users       applied  2026-01-15 10:22:33    7 ms  ready
0003     add_events      pending                               ready

3 migrations: 2 applied, 1 pending; database shop is at 0002 add_users
)");
}

TEST_CASE("every state has its words, and only states that occur are counted") {
  StatusReport report = shop();
  report.current = "0009";
  report.entries = {
      {.version = "0001", .name = "a", .state = State::changed, .rollback = RollbackState::ready},
      {.version = "0002", .name = "b", .state = State::missing, .rollback = RollbackState::stored},
      {.version = "0003",
       .name = "c",
       .state = State::out_of_order,
       .rollback = RollbackState::missing},
      {.version = "0004",
       .name = "d",
       .state = State::failed,
       .rollback = RollbackState::irreversible,
       .error = "migrations/sql/0004_d.sql:12:9: relation \"x\" does not exist (42P01)"},
      {.version = "0005", .name = "e", .state = State::rolled_back, .error = "an old one"},
      {.version = "0006",
       .name = "f",
       .state = State::in_progress,
       .error = "deadlock detected",
       .progress = "statement 3 of 7"},
      {.version = "0009",
       .name = "g",
       .state = State::applied,
       .error = "table \"y\" does not exist\nDETAIL: none"}};
  CHECK(status_text(report, plain()) ==
        R"(version  name  state         applied at (UTC)  time  rollback
0001     a     changed                               ready
0002     b     missing                               stored
0003     c     out of order                          missing
0004     d     failed                                irreversible
0005     e     rolled back                           missing
0006     f     in progress                           missing
0009     g     applied                               missing

0004 failed: migrations/sql/0004_d.sql:12:9: relation "x" does not exist (42P01)
0006 in progress: statement 3 of 7
0006 failed: deadlock detected
0009 rollback failed: table "y" does not exist
                      DETAIL: none
7 migrations: 1 applied, 1 out of order, 1 in progress, 1 failed, 1 rolled back, 1 changed, 1 missing; database shop is at 0009 g
)");
}

TEST_CASE("without a ledger, and with an empty one") {
  StatusReport report = shop();
  report.ledger_exists = false;
  report.current.clear();
  report.entries = {{.version = "0001", .name = "a", .rollback = RollbackState::ready}};
  CHECK(status_text(report, plain()) ==
        "version  name  state    applied at (UTC)  time  rollback\n"
        "0001     a     pending                          ready\n"
        "\n"
        "1 migration: 1 pending; no ledger yet in database shop\n");
  report.ledger_exists = true;
  CHECK(status_text(report, plain())
            .ends_with("\n1 migration: 1 pending; nothing is applied in database shop\n"));
}

TEST_CASE("an empty directory says how to begin") {
  StatusReport report = shop();
  report.ledger_exists = false;
  report.current.clear();
  report.entries.clear();
  CHECK(status_text(report, plain()) ==
        "no migrations; no ledger yet in database shop\n"
        "  hint: `pgtide generate NAME` writes the first pair of scripts\n");
}

TEST_CASE("the directory's problems come last") {
  StatusReport report = shop();
  report.entries.clear();
  report.problems = {{.where = {"migrations/sql/add_x.sql", 0, 0},
                      .message = "the file name has no number",
                      .hint = "name it NNNN_add_x.sql"}};
  CHECK(status_text(report, plain()) ==
        "no migrations; database shop is at 0002\n"
        "the migrations directory has 1 problem:\n"
        "migrations/sql/add_x.sql: the file name has no number\n"
        "  hint: name it NNNN_add_x.sql\n");
}

TEST_CASE("a narrow terminal shortens names, never what is exact") {
  StatusReport report = shop();
  report.entries[0].name = "a_name_that_goes_on_for_longer_than_any_terminal_is_wide";
  CHECK(status_text(report, plain(80)) ==
        R"(version  name                     state    applied at (UTC)       time  rollback
0001     a_name_that_goes_on_...  applied  2026-01-15 10:22:33  1.24 s  ready
0002     add_users                applied  2026-01-15 10:22:33    7 ms  ready
0003     add_events               pending                               ready

3 migrations: 2 applied, 1 pending; database shop is at 0002 add_users
)");
}

TEST_CASE("columns are as wide as they look, not as many bytes as they take") {
  StatusReport report = shop();
  report.entries[0].name = "gr\u00f6\u00dfe";
  report.entries[1].name = "\u8868\u3092\u4f5c\u308b";
  report.entries[2].name = "e\u0301te\u0301";
  CHECK(status_text(report, plain()) ==
        "version  name      state    applied at (UTC)       time  rollback\n"
        "0001     gr\u00f6\u00dfe     applied  2026-01-15 10:22:33  1.24 s  ready\n"
        "0002     \u8868\u3092\u4f5c\u308b  applied  2026-01-15 10:22:33    7 ms  ready\n"
        "0003     e\u0301te\u0301       pending                               ready\n"
        "\n"
        "3 migrations: 2 applied, 1 pending; database shop is at 0002 \u8868\u3092\u4f5c\u308b\n");
}

TEST_CASE("colour follows the state") {
  StatusReport report = shop();
  report.entries.erase(report.entries.begin());
  CHECK(status_text(report, colored()) ==
        "\x1b[2mversion\x1b[0m  \x1b[2mname\x1b[0m        \x1b[2mstate\x1b[0m    "
        "\x1b[2mapplied at (UTC)\x1b[0m     \x1b[2mtime\x1b[0m  \x1b[2mrollback\x1b[0m\n"
        "0002     add_users   \x1b[32mapplied\x1b[0m  2026-01-15 10:22:33  \x1b[2m7 ms\x1b[0m  "
        "ready\n"
        "0003     add_events  \x1b[33mpending\x1b[0m                             ready\n"
        "\n"
        "2 migrations: \x1b[32m1 applied\x1b[0m, \x1b[33m1 pending\x1b[0m; database shop is at "
        "0002 add_users\n");
}

TEST_CASE("names and errors cannot drive the terminal") {
  StatusReport report = shop();
  report.database = "sh\x1b[2Jop";
  report.current = "0004";
  report.entries = {{.version = "0004",
                     .name = "a\x1b]0;owned\x07\nb",
                     .state = State::failed,
                     .rollback = RollbackState::ready,
                     .error = "\x1b[31mred\x1b[0m\xff"}};
  CHECK(status_text(report, plain()) ==
        "version  name                    state   applied at (UTC)  time  rollback\n"
        "0004     a\\x1b]0;owned\\x07\\x0ab  failed                          ready\n"
        "\n"
        "0004 failed: \\x1b[31mred\\x1b[0m\\xff\n"
        "1 migration: 1 failed; database sh\\x1b[2Jop is at 0004 a\\x1b]0;owned\\x07\\x0ab\n");
}

}  // namespace
}  // namespace pgtide::render
