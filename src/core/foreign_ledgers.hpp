// In which tables other tools keep what they applied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide {

struct ForeignLedger {
  std::string_view table;    // in lower case
  std::string_view schema;   // that the tool makes for it; empty: any
  std::string_view columns;  // blank-separated, all of them must be there; empty: any
  std::string_view tool;
};

// All that are known; of several of one table the first whose columns are there is meant.
const std::vector<ForeignLedger>& foreign_ledgers();

// Null when nobody's is known.
const ForeignLedger* find_foreign_ledger(const std::string& schema, const std::string& table,
                                         const std::string& columns);

}  // namespace pgtide
