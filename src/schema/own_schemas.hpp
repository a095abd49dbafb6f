// The part of a database that one project's scripts work in.
#pragma once

#include <set>
#include <string>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::schema {

// The schemas that a snapshot knows of, by name, not quoted.
std::set<std::string> schema_names(const Snapshot& snapshot);

// Without these schemas and what is in them, or belongs to something that is. What is in no schema
// stays.
Snapshot without_schemas(Snapshot snapshot, const std::set<std::string>& names);

}  // namespace pgtide::schema
