// Counts what the statements of a step did.
#pragma once

#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"

namespace pgtide::engine {

// Adds one successful statement of the script.
void count_statement(StepReport& step, const ports::Outcome& outcome);

}  // namespace pgtide::engine
