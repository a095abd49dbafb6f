// Where the backups are.
#pragma once

#include <string>
#include <vector>

namespace pgtide {

// The names of what is in a folder; none when it cannot be read.
std::vector<std::string> files_in(const std::string& folder);

}  // namespace pgtide
