// Columns' places, told once for a table.
#pragma once

#include <vector>

#include "pgtide/schema/difference.hpp"

namespace pgtide::schema {

// Replaces the differences between columns' places by one of each table whose columns are in
// another order, of those that both sides have.
void gather_column_order(const Snapshot& before, const Snapshot& after,
                         std::vector<Difference>& differences);

}  // namespace pgtide::schema
