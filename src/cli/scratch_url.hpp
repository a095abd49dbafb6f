// The database that a proof may use.
#pragma once

#include <string>

#include "cli/context.hpp"

namespace pgtide::cli {

// Only a URL that was typed for this: DATABASE_URL may well be the production database.
std::string scratch_url(const Context& context);

}  // namespace pgtide::cli
