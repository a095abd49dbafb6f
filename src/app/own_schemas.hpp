// Which schemas of a database are others'.
#pragma once

#include <set>
#include <string>

#include "pgtide/ledger.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/settings.hpp"

namespace pgtide {

// Whose schemas count as the project's.
enum class ScriptsThat {
  have_run,  // applied now, or once
  are_there  // and those that are still to run
};

// Of `found`, those that are neither in the scripts' search_path, nor the ledger's own, nor named
// by a forward script of the directory. Without a directory no script is known.
std::set<std::string> neighbours(ports::Session& session, const Settings& settings,
                                 const LedgerNames& names, const LedgerSnapshot& ledger,
                                 ScriptsThat scripts, std::set<std::string> found);

// Of the database, without the server's own.
std::set<std::string> schemas_that_exist(ports::Session& session);

}  // namespace pgtide
