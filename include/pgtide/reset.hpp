// Empties a database.
#pragma once

#include <string>
#include <vector>

#include "pgtide/migrator.hpp"
#include "pgtide/settings.hpp"

namespace pgtide {

struct ResetResult {
  std::string database;
  std::vector<std::string> schemas;  // that were dropped, by name
};

// Drops every schema of the database with all that is in it, in one transaction under the run lock,
// and makes an empty `public` again. For development: throws Error(usage), with nothing dropped, in
// the environment production, and for a database whose log says that a run in production has
// recorded something there. Throws Error(environment) when it cannot be done.
ResetResult reset_database(const Settings& settings, const MigratorHooks& hooks = {});

}  // namespace pgtide
