// What baseline, resolve and repair have in common.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"

namespace pgtide::cli {

// Prints what was recorded; `verb` is the log event: baselined, resolved, repaired.
int show_recorded(Context& context, const std::vector<Step>& steps, const std::string& verb);

}  // namespace pgtide::cli
