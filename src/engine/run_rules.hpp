// The rules of an environment. Pure.
#pragma once

#include <vector>

#include "pgtide/effective_settings.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

// What of `prepared` the rules forbid, each with what would allow it; a run with nothing to do
// breaks no rule.
std::vector<Problem> broken_rules(const Settings& settings, const PreparedRun& prepared);

}  // namespace pgtide::engine
