// Whether a table can serve as the ledger.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ledger.hpp"
#include "pgtide/ledger_names.hpp"

namespace pgtide::adapters {

struct Column {
  std::string name;
  std::string type;                 // as format_type prints it
  bool required_of_writer = false;  // not null and without a default
};

// Judges the columns of an existing `migrations` table and fills in what they decide in `shape`. A
// table of another tool (TypeORM's, Laravel's, …) has other columns; every one that is missing or
// of the wrong type is listed.
std::vector<Problem> judge_columns(const std::vector<Column>& columns, const LedgerNames& names,
                                   LedgerShape& shape);

}  // namespace pgtide::adapters
