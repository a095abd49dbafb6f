#include <doctest/doctest.h>

#include <string>

#include "pgtide/sql/directive.hpp"

using namespace pgtide;
using namespace pgtide::sql;
using namespace std::chrono_literals;

namespace {

template <typename Value>
Value value_of(std::string_view line) {
  const auto parsed = parse_directive(line);
  REQUIRE(parsed);
  REQUIRE(std::holds_alternative<DirectiveValue>(*parsed));
  const auto& value = std::get<DirectiveValue>(*parsed);
  REQUIRE(std::holds_alternative<Value>(value));
  return std::get<Value>(value);
}

std::string problem_of(std::string_view line) {
  const auto parsed = parse_directive(line);
  REQUIRE(parsed);
  REQUIRE(std::holds_alternative<Problem>(*parsed));
  const auto& problem = std::get<Problem>(*parsed);
  CHECK(problem.where.file.empty());
  CHECK(problem.where.line == 0);
  return std::to_string(problem.where.column) + ": " + problem.message + " | " + problem.hint;
}

}  // namespace

TEST_CASE("lines that are no directives") {
  for (const char* line : {"", "SELECT 1", "-- pgtide runs this", "-- pgtidex: no-transaction",
                           "- pgtide: x", "/* pgtide: no-transaction */", "-- see pgtide: x"}) {
    CAPTURE(line);
    CHECK(!parse_directive(line));
  }
}

TEST_CASE("every directive") {
  value_of<NoTransaction>("-- pgtide: no-transaction");
  value_of<NoTransaction>("\t--PgTide:no-transaction  \r\n");
  CHECK(value_of<Irreversible>("-- pgtide: irreversible the rows are gone ").reason ==
        "the rows are gone");
  CHECK(value_of<LockTimeout>("-- pgtide: lock-timeout=2s").value == 2s);
  CHECK(value_of<LockTimeout>("-- pgtide: lock-timeout=0").value == 0ms);
  CHECK(value_of<StatementTimeout>("--  pgtide : statement-timeout=5min").value == 5min);
  const auto allow = value_of<Allow>("-- pgtide: allow data-loss  since v2, unused");
  CHECK(allow.what == "data-loss");
  CHECK(allow.reason == "since v2, unused");
  CHECK(value_of<Allow>("-- pgtide: allow add-not-null").what == "add-not-null");
}

TEST_CASE("batch and its values") {
  const auto plain = value_of<Batch>("-- pgtide: batch");
  CHECK(plain.size == 1000);
  CHECK(plain.pause == 0ms);
  CHECK(plain.max_batches == 1'000'000);
  const auto full = value_of<Batch>("-- pgtide: batch pause=100ms size=50 max-batches=7");
  CHECK(full.size == 50);
  CHECK(full.pause == 100ms);
  CHECK(full.max_batches == 7);
}

TEST_CASE("what is wrong with a directive") {
  CHECK(problem_of("  -- pgtide:  ") ==
        "3: a directive without a name | write for example `-- pgtide: no-transaction`, or remove "
        "the line");
  CHECK(problem_of("-- pgtide: no-transacton") ==
        "12: unknown directive \"no-transacton\" | did you mean no-transaction?");
  CHECK(problem_of("-- pgtide: frobnicate=1") ==
        "12: unknown directive \"frobnicate\" | known are no-transaction, irreversible, batch, "
        "lock-timeout, statement-timeout, allow");
  CHECK(problem_of("-- pgtide: no-transaction please") ==
        "27: unexpected \"please\" after the directive | write `-- pgtide: no-transaction`, one "
        "directive a line");
  CHECK(problem_of("-- pgtide: no-transaction=true") ==
        "12: no-transaction takes no value | write `-- pgtide: no-transaction`");
  CHECK(problem_of("-- pgtide: irreversible ") ==
        "12: irreversible needs a reason | write `-- pgtide: irreversible <why there is no way "
        "back>`");
  CHECK(problem_of("-- pgtide: allow") ==
        "12: allow needs to know what | write `-- pgtide: allow data-loss` or `-- pgtide: allow "
        "<rule>`, then why if you like");
  CHECK(problem_of("-- pgtide: lock-timeout 2s") ==
        "12: lock-timeout needs a value | write `-- pgtide: lock-timeout=2s`");
  CHECK(problem_of("-- pgtide: statement-timeout=2x") ==
        "30: \"2x\" is not a duration | write 500ms, 2s, 5min, 1h or a number of milliseconds");
  CHECK(problem_of("-- pgtide: lock-timeout=2s statement-timeout=1s") ==
        "28: unexpected \"statement-timeout=1s\" after the directive | write `-- pgtide: "
        "lock-timeout=2s`, one directive a line");
  CHECK(problem_of("-- pgtide: batch=5") ==
        "12: batch takes no value of its own | write `-- pgtide: batch size=1000 pause=100ms "
        "max-batches=5000`");
  CHECK(problem_of("-- pgtide: batch sizes=5") ==
        "18: batch does not know \"sizes=5\" | did you mean size=…?");
  CHECK(problem_of("-- pgtide: batch 500") ==
        "18: batch does not know \"500\" | write `-- pgtide: batch size=1000 pause=100ms "
        "max-batches=5000`");
  CHECK(problem_of("-- pgtide: batch size=0") ==
        "23: \"0\" is no value for size | write a number from 1 up");
  CHECK(problem_of("-- pgtide: batch size=10 max-batches=-1") ==
        "38: \"-1\" is no value for max-batches | write a number from 1 up");
  CHECK(problem_of("-- pgtide: batch pause=soon") ==
        "24: \"soon\" is no value for pause | write 500ms, 2s, 5min, 1h or a number of "
        "milliseconds");
}

TEST_CASE("where the way back begins in a script of another tool") {
  for (const char* line :
       {"-- +goose Down", "--+migrate DOWN notransaction", "-- migrate:down",
        "  -- migrate:down transaction:false\r", "--//@UNDO", "-- // @undo", "-- +micrate Down",
        "-- rambler down", "---- create above / drop below ----", "-- !Downs", "# --- !Downs"}) {
    CAPTURE(line);
    CHECK(problem_of(line).find("another tool's way back begins here") != std::string::npos);
  }
  for (const char* line :
       {"-- +goose Up", "-- migrate:up", "-- +goose StatementBegin", "--", "-- calm down",
        "SELECT 1 -- migrate:down", "-- migrate down the rows", "-- rambler downs", "-- undo",
        "# down", "-- price: down by half", "-- Down Migration", "-- ==== DOWN ===="}) {
    CAPTURE(line);
    CHECK(!parse_directive(line));
  }
}

TEST_CASE("durations") {
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("2s") == 2s);
  CHECK(parse_duration("5min") == 5min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("250") == 250ms);
  CHECK(parse_duration("0") == 0ms);
  CHECK(parse_duration("2147483647") == std::chrono::milliseconds(2147483647));
  for (const char* text : {"", "s", "-1", "+1", "1.5s", "2 s", "2S", "5m", "1d", "2147483648",
                           "600h", "99999999999999999999", "1e3"}) {
    CAPTURE(text);
    CHECK(!parse_duration(text));
  }
}
