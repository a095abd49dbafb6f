// A rollback script, written from two snapshots.
#pragma once

#include <string>
#include <vector>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::schema {

struct Undo {
  std::vector<std::string> statements;  // in the order to run them, without the semicolon
  // What no statement brings back: dropped rows, an enum's label, the place of a column. Sentences
  // without final stop.
  std::vector<std::string> losses;
};

// What leads from `after` back to `before`. Dependencies are taken from what definitions mention:
// only running it proves that it is right. A column or table that came while an equal one went was
// renamed.
Undo undo(const Snapshot& before, const Snapshot& after);

}  // namespace pgtide::schema
