// What is worth saying of a migrations directory that is valid.
#pragma once

#include <string>
#include <vector>

#include "pgtide/error.hpp"

namespace pgtide {

std::vector<Problem> directory_notices(const std::string& directory);

}  // namespace pgtide
