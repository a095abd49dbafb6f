// A session of the server that others use too, through a pooler: how it was before a script, and
// how it becomes so again. Pure.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pgtide/pooling.hpp"
#include "pgtide/query.hpp"

namespace pgtide::engine {

// What is set for the session now: by its pooler, for the client that it works for, or by a script.
struct SharedSession {
  Backend backend;  // pid 0: it was not looked at
  std::string role;
  std::vector<std::pair<std::string, std::string>> settings;
  std::set<std::string> prepared;  // statements made with PREPARE

  // Statements that bring a session back to this, whatever a script did to its role and settings.
  // Allowed in a transaction.
  std::vector<Query> restore_settings() const;
  // The prepared statements that are in `now` alone: they outlive transactions, rolled back or not.
  std::vector<Query> forget_prepared(const SharedSession& now) const;
};

// Reads what SharedSession holds; in a transaction, or in none.
Query session_look();
SharedSession shared_session(const std::vector<std::vector<Param>>& rows);

}  // namespace pgtide::engine
