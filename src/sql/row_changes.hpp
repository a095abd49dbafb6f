// What statements do to rows that are there already, as far as their words say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide::sql {

enum class RowChangeKind { deleted, updated };

struct RowChange {
  RowChangeKind kind = RowChangeKind::deleted;
  std::string table;  // as the statement writes it: `app."Users"`

  friend bool operator==(const RowChange&, const RowChange&) = default;
};

// Of DELETE, TRUNCATE, UPDATE, MERGE and INSERT … ON CONFLICT DO UPDATE, also within WITH. What
// functions and blocks of code do is not among them.
std::vector<RowChange> row_changes_of(std::string_view statement);

// Whether a statement changes rows, or nothing at all, and cannot change a schema; functions that
// it calls may.
bool is_about_rows(std::string_view statement);

}  // namespace pgtide::sql
