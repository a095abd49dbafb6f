// The first run in a database that is not empty. Pure.
#pragma once

#include <optional>
#include <string>

#include "pgtide/ledger_names.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

// Why the scripts should not run over what is there. Tables count in the schemas of `search_path`
// (that of the session when it is empty) and of the ledger, and a tool's ledger that has a schema
// of its own.
std::optional<Problem> why_not_first_run(const PreparedRun& prepared, const LedgerNames& names,
                                         const std::string& search_path);

}  // namespace pgtide::engine
