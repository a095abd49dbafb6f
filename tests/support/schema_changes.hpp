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

// What a token is made for: a change, so that all can be made side by side in one database, or a
// setup, so that the changes with the same one can be tried one after the other.
enum class TokenOf { change, setup };

std::vector<SchemaChange> read_schema_changes(TokenOf token_of = TokenOf::change);

}  // namespace pgtide::testing
