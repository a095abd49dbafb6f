// What a statement without transaction may have left behind when it was interrupted, and what to do
// about it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pgtide/query.hpp"
#include "pgtide/sql/effect.hpp"

namespace pgtide::engine {

using CatalogRows = std::vector<std::vector<Param>>;

// Reads the state of what the statement works on, which is named as the script would name it; empty
// when running it again does no harm. The last one's rows are the answer; to be sent in one
// transaction.
std::vector<Query> look_for(const sql::Effect& effect);

// Other sessions of this login that run `sql` at this moment: one column, the process id.
Query find_sessions_running(const std::string& sql);

// Other sessions that may be at work on the indexes `ids` at this moment: one column, the process
// id and who it is.
Query find_sessions_building(const std::string& ids);

// The ids of the objects in `rows`, separated by blanks: what the journal keeps as `before`.
std::string object_ids(const CatalogRows& rows);

// Statements that drop the indexes of `now` which are not finished and are not in `before`.
std::vector<std::string> unfinished_since(const CatalogRows& now, const std::string& before);

struct Action {
  bool already_done = false;  // an earlier attempt finished it, and only its journal row is missing
  // Statements to run first, each on its own, which drop half-built indexes; and what these are.
  std::vector<std::string> clear_away = {};
  std::string unfinished = {};  // their ids, separated by blanks
  std::string unfinished_names = {};
  std::string instead;  // runs in place of the statement; empty: the statement itself
};

// `before` is what was there when the statement was begun for the first time; nullopt when it is
// begun now.
Action decide(const sql::Effect& effect, const CatalogRows& now,
              const std::optional<std::string>& before);

}  // namespace pgtide::engine
