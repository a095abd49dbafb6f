// A rollback script, written from two snapshots.
#pragma once

#include <string>
#include <vector>

#include "pgtide/schema/live_snapshot.hpp"

namespace pgtide::schema {

struct Undo {
  std::vector<std::string> statements;  // in the order to run them, without the semicolon
  // What no statement brings back: dropped rows, an enum's label, the place of a column. Sentences
  // without final stop.
  std::vector<std::string> losses;
};

enum class IndexBuild { locking, concurrent };

// What gives each object of `before` its name and schema back that `after` has under another one:
// the same object, by its id. Empty when nothing was renamed.
std::vector<std::string> undo_renames(const LiveSnapshot& before, const LiveSnapshot& after);

// What leads from `after` back to `before`; `after` is what is there once the statements of
// undo_renames() ran, because only the server knows all that a name changes. Dependencies are taken
// from what definitions mention: only running it proves that it is right. A column or table that
// came while another one went is dropped: equal looks make no rename. `build` is for indexes of
// tables that stay; CONCURRENTLY cannot stand in a transaction.
Undo undo(const LiveSnapshot& before, const LiveSnapshot& after,
          IndexBuild build = IndexBuild::locking);

}  // namespace pgtide::schema
