// The changes in tests/data/schema/changes.sql.
#pragma once

#include <string>
#include <vector>

namespace pgtide::testing {

enum class Seen { changes, changes_unseen_by_dump, nothing };

struct SchemaChange {
  std::string token;  // its schema, and part of every other name
  std::string setup;
  std::string change;
  Seen seen = Seen::nothing;
  bool can_be_undone = false;  // by what undo() writes
};

std::vector<SchemaChange> read_schema_changes();

}  // namespace pgtide::testing
