// What is in a database that pgtide has not been in.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ledger.hpp"

namespace pgtide::adapters {

// An expression, text of what existing_tables reads; empty text when there is none.
std::string list_existing_tables();
std::vector<ExistingTable> existing_tables(const std::string& list);

}  // namespace pgtide::adapters
