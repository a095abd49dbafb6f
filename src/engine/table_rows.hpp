// The rows of a database's tables, to see what a round trip does to them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/proof.hpp"

namespace pgtide::engine {

struct TableRows {
  std::vector<std::string> columns;  // by name
  // A column whose values the server fills in by itself (a sequence, the time): that it holds
  // others after a round trip is no loss.
  std::vector<bool> filled_in;
  std::uint64_t count = 0;
  std::string sum;                          // over all columns, whatever the order of the rows
  std::vector<std::string> column_sums;     // with RowDetail::each_row only
  std::map<std::string, std::size_t> rows;  // likewise: how often each row occurs
  bool each_row = false;                    // `rows` is complete
};
using DatabaseRows = std::map<std::string, TableRows>;  // by name; tables that hold or held rows

enum class RowDetail { sums, each_row };

// Tables of the ledger's schema and of extensions are left out. Reads everything: meant for the
// few rows of fixtures and scripts.
DatabaseRows read_rows(ports::Session& session, const LedgerNames& own, RowDetail detail);

struct RowChanges {
  std::vector<RowLoss> losses;
  std::vector<std::string> notes;  // rows left behind, columns that the server filled in again
};
// Both read with the same detail. Tables that are in one only are no matter of rows.
RowChanges compare_rows(const DatabaseRows& before, const DatabaseRows& after);

}  // namespace pgtide::engine
