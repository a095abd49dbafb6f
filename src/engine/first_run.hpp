// The first run in a database that is not empty. Pure.
#pragma once

#include <optional>
#include <string>

#include "pgtide/ledger_names.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

struct TablesFound {
  Problem problem;
  bool another_tools = false;  // one of them is the ledger of another tool
};

// What the scripts would run over. Tables count in the schemas of `search_path` (that of the
// session when it is empty) and of the ledger, and a tool's ledger that has a schema of its own.
std::optional<TablesFound> tables_before_first_run(const PreparedRun& prepared,
                                                   const LedgerNames& names,
                                                   const std::string& search_path);

}  // namespace pgtide::engine
