#include "app/own_schemas.hpp"

#include "adapters/script_files.hpp"
#include "app/run_settings.hpp"
#include "pgtide/error.hpp"
#include "pgtide/sql/schema_names.hpp"
#include "ports/ask.hpp"

namespace pgtide {
namespace {

void take_out(std::set<std::string>& names, const std::set<std::string>& own) {
  for (const std::string& name : own) names.erase(name);
}

// The one that a session has before anybody sets another.
std::set<std::string> search_path(ports::Session& session, const Settings& settings) {
  const auto row =
      ports::ask(session, {"SELECT reset_val, current_user FROM pg_catalog.pg_settings "
                           "WHERE name = 'search_path'"})
          .at(0);
  const std::string given = session_settings(settings, target_of(settings)).search_path;
  const std::string user = settings.role.empty() ? row.at(1).value_or("") : settings.role;
  return sql::names_in_search_path(given.empty() ? row.at(0).value_or("") : given, user);
}

void take_out_named(std::set<std::string>& names, const Settings& settings,
                    const LedgerSnapshot& ledger, ScriptsThat which) {
  try {
    adapters::ScriptFiles scripts(settings.dir, nullptr);
    for (const Migration& migration : scripts.catalog({}).migrations) {
      if (names.empty()) return;
      if (which == ScriptsThat::have_run && ledger.find(migration.version) == nullptr) continue;
      take_out(names, sql::schemas_named_in(read_all(*scripts.open_file(migration.forward_path))));
    }
  } catch (const Error&) {
    // A directory that is not there, or files that cannot be read: they name nothing.
  }
}

}  // namespace

std::set<std::string> neighbours(ports::Session& session, const Settings& settings,
                                 const LedgerNames& names, const LedgerSnapshot& ledger,
                                 ScriptsThat scripts, std::set<std::string> found) {
  found.erase(names.schema);
  if (found.empty()) return found;
  take_out(found, search_path(session, settings));
  if (!found.empty()) take_out_named(found, settings, ledger, scripts);
  return found;
}

std::set<std::string> schemas_that_exist(ports::Session& session) {
  std::set<std::string> found;
  for (const auto& row : ports::ask(session, {"SELECT nspname FROM pg_catalog.pg_namespace"})) {
    const std::string name = row.at(0).value_or("");
    if (!name.starts_with("pg_") && name != "information_schema") found.insert(name);
  }
  return found;
}

}  // namespace pgtide
