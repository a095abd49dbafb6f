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

// Flags of both.
struct RunOptions {
  std::string version;
  std::string steps;
  CLI::Option* version_given = nullptr;
  CLI::Option* steps_given = nullptr;
  bool dry_run = false;
  bool trace = false;
};
// `--dry-run` and `--trace`.
void declare_dry_run(CLI::App& app, RunOptions& options);

// `otherwise` unless a dry run is wanted.
Finish finish_of(const RunOptions& options, Finish otherwise);

// What a run measures. Throws Error(usage) when `--trace` is given for a run that is no dry run.
Trace trace_of(const RunOptions& options, Finish finish, const Settings& settings);

// Whether nothing stays of it.
bool is_harmless(const PreparedRun& prepared);

// The value of `--steps`, a number from 1 up; nullopt when the flag was not given. Throws
// Error(usage).
std::optional<BySteps> given_steps(const CLI::Option& option);

}  // namespace pgtide::cli
