// The rows of a database's tables, to see what a round trip does to them.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "engine/value_source.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/proof.hpp"

namespace pgtide::engine {

// How closely the rows of a table were looked at: a large one of a database in use is not read.
enum class Looked { closely, counted, not_at_all };

// Hashes of a row's values.
struct RowValues {
  std::string fixed;                // of the columns that the server does not fill in
  std::vector<std::string> filled;  // of the others, each
  // Of these, `1` where the server may have filled the value in since the first look, else `0`;
  // empty at the first look.
  std::string made = {};

  // Alike when the values are.
  friend bool operator<(const RowValues& a, const RowValues& b) {
    return std::tie(a.fixed, a.filled) < std::tie(b.fixed, b.filled);
  }
};

struct TableRows {
  Looked looked = Looked::closely;
  std::vector<std::string> columns;  // by name
  // A column whose values the server fills in by itself (a sequence, the time): that it holds
  // others after a round trip is no loss when the server can have made them.
  std::vector<bool> filled_in;
  std::vector<ValueSource> fillings = {};  // one a column
  std::string looked_at = {};              // when, as the server writes it
  std::uint64_t count = 0;
  std::string sum;                        // over all columns, whatever the order of the rows
  std::vector<std::string> column_sums;   // with RowDetail::each_row only
  std::map<RowValues, std::size_t> rows;  // likewise: how often each row occurs
  bool each_row = false;                  // `rows` is complete
};
using DatabaseRows = std::map<std::string, TableRows>;  // by name; tables that hold or held rows

enum class RowDetail { sums, each_row };

// Bytes of a table up to which it is read, and up to which its rows are counted.
struct RowLimits {
  std::uint64_t read = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t counted = std::numeric_limits<std::uint64_t>::max();
};

struct RowReading {
  RowDetail detail = RowDetail::sums;
  RowLimits limits = {};
  std::optional<std::set<std::string>> only = {};  // names of tables; unset: all
  const DatabaseRows* since = nullptr;             // the first look, of the second
};

// Large objects count as a table of that name when all tables are read.
// Tables of the ledger and of extensions, and those that the session may not read, are left
// out. Without limits it reads everything: meant for the few rows of fixtures and scripts.
DatabaseRows read_rows(ports::Session& session, const LedgerNames& own, const RowReading& reading);

struct RowChanges {
  std::vector<RowLoss> losses;
  std::vector<std::string> notes;  // rows left behind, columns that the server filled in again
};
// Both read with the same detail. Tables that are in one only are no matter of rows.
RowChanges compare_rows(const DatabaseRows& before, const DatabaseRows& after);

}  // namespace pgtide::engine
