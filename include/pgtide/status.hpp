// What `status` shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/plan.hpp"

namespace pgtide {

// How the recorded error of a migration begins that a signal or `--timeout` stopped.
inline constexpr std::string_view interrupted_error = "interrupted: ";
// What stands there while a script outside transactions runs, and when its run was killed.
inline constexpr std::string_view unfinished_error = "in progress";

struct StatusEntry {
  std::string version;  // with the digits of the file, or of the ledger row
  std::string name;
  State state = State::pending;
  RollbackState rollback = RollbackState::missing;
  std::string applied_at;      // UTC, ISO 8601; empty when never applied
  std::string rolled_back_at;  // likewise
  std::optional<std::int64_t> execution_time_ms;
  std::string error;      // of a failed version, or of its last failed rollback
  std::string progress;   // of one in progress: `statement 3 of 7`
  std::string way_on;     // of one in progress: what to type
  bool is_ahead = false;  // the folder lacks it, and ends before it
};

struct StatusReport {
  std::string database;
  std::string schema;  // of the ledger
  std::string table;
  bool ledger_exists = false;
  std::string current;               // newest applied version, empty when there is none
  std::vector<StatusEntry> entries;  // ascending by version
  std::vector<Problem> problems;     // of the directory

  std::size_t count(State state) const;
  // Nothing pending, failed, changed, missing or in progress, and no problem.
  bool clean() const;
  // The same of what the folder holds; what the database has above it counts as the policy says,
  // and while it is half done.
  bool clean(DatabaseAhead policy) const;
};

}  // namespace pgtide
