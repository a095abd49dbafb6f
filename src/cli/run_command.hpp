// What `up` and `down` have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "cli/context.hpp"
#include "pgtide/run_record.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::cli {

// Shows the notices of the plan, runs it, records the schema, prints the summary or the report, and
// returns the exit code.
int run_and_report(Context& context, PreparedRun prepared, RunRecord& record);

// Before an `up`: says what differs from what the last run left, or throws Error(usage) where the
// policy forbids it.
void watch_drift(Context& context, const PreparedRun& prepared);

// What a run measures. Throws Error(usage) when `--trace` is given for a run that is no dry run.
enum class TraceFlag { absent, given };
Trace trace_of(TraceFlag flag, Finish finish, const Settings& settings);

// The value of `--steps`, a number from 1 up; nullopt when the flag was not given. Throws
// Error(usage).
std::optional<BySteps> given_steps(const CLI::Option& option);

}  // namespace pgtide::cli
