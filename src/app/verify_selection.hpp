// Which versions are to be judged.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pgtide/catalog.hpp"

namespace pgtide {

// Throws Error(usage) when `range` cannot be understood or names a version that is not there.
std::set<Version> versions_in(const Catalog& catalog, const std::string& range);

// Versions of the catalog that `files`, paths below the directory, belong to.
std::set<Version> versions_of_files(const Catalog& catalog, const std::vector<std::string>& files);

// Scripts that load rows for the proof, by the number in their name; number 0 comes before
// everything. Throws Error(invalid_input) for a name without the number of a migration, or a number
// that occurs twice.
std::map<Version, std::string> find_fixtures(const Catalog& catalog);

}  // namespace pgtide
