#include <doctest/doctest.h>

#include "core_fixtures.hpp"
#include "pgtide/ledger.hpp"

using namespace pgtide;
using namespace core_fixtures;

TEST_CASE("a row counts as applied unless it failed or was rolled back") {
  LedgerRow row = applied_row("0001");
  CHECK(is_applied(row));
  row.success = std::nullopt;
  CHECK(is_applied(row));
  row.success = false;
  CHECK_FALSE(is_applied(row));
  row.success = true;
  row.rolled_back_at = "2024-01-15T10:00:00Z";
  CHECK_FALSE(is_applied(row));
}

TEST_CASE("the current version is the newest that is applied now") {
  CHECK_FALSE(LedgerSnapshot{}.current());
  CHECK(ledger({rolled_back_row("0001")}).current() == std::nullopt);
  CHECK(ledger({applied_row("0001"), applied_row("0003"), failed_row("0004")}).current() ==
        Version(3));
}

TEST_CASE("rows are found by number") {
  const LedgerSnapshot snapshot =
      ledger({applied_row("1"), applied_row("0003"), applied_row("12")});
  REQUIRE(snapshot.find(Version(3)));
  CHECK(snapshot.find(Version(3))->version_text == "0003");
  CHECK(snapshot.find(Version(2)) == nullptr);
  CHECK(snapshot.find(Version(13)) == nullptr);
}

TEST_CASE("events and directions have the names that the log stores") {
  CHECK(to_string(LogEvent::rolled_back) == "rolled_back");
  CHECK(to_string(LogEvent::statement_done) == "statement_done");
  CHECK(to_string(LogEvent::marked_good) == "marked_good");
  CHECK(to_string(Direction::up) == "up");
  CHECK(to_string(Direction::down) == "down");
}
