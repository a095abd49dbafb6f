#include "engine/failure_kind.hpp"

#include <algorithm>
#include <array>

namespace pgtide::engine {
namespace {

// Two characters name a class, five one error. docs/exit-codes.md says what each is.
constexpr std::array<std::string_view, 20> passing = {
    "08",     // connection
    "25006",  // read-only
    "40001",  // serialization
    "40003",  // outcome unknown
    "40P01",  // deadlock
    "53",     // disk, memory, connections
    "55P03",  // lock
    "57P01",  // shutdown
    "57P02",  // crash
    "57P03",  // starting up
    "57P04",  // database dropped
    "57P05",  // idle session
    "58000",  // system
    "58030",  // input and output
    "72000",  // snapshot too old
    "F0",     // configuration file
    "HV00N",  // foreign server away
    "25P03",  // idle in transaction
    "XX001",  // data corrupted
    "XX002",  // index corrupted
};

constexpr std::array<std::string_view, 3> gone = {
    "3F000",  // schema
    "42P01",  // table
    "42703",  // column
};

}  // namespace

FailureKind kind_of(std::string_view sqlstate) {
  const bool passes = std::ranges::any_of(
      passing, [&](std::string_view entry) { return sqlstate.starts_with(entry); });
  return passes ? FailureKind::environment : FailureKind::migration;
}

bool says_that_ledger_is_gone(std::string_view sqlstate) {
  return std::ranges::find(gone, sqlstate) != gone.end();
}

}  // namespace pgtide::engine
