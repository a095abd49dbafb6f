// What a shell, a CI job or Kubernetes learns from a run; see docs/exit-codes.md.
#pragma once

#include "pgtide/effective_settings.hpp"
#include "pgtide/error.hpp"
#include "pgtide/report.hpp"

namespace pgtide::cli {

constexpr int exit_done = 0;
constexpr int exit_findings = 1;
constexpr int exit_usage = 2;
constexpr int exit_migration_failed = 3;
constexpr int exit_environment = 4;
constexpr int exit_not_simulable = 5;
constexpr int exit_internal = 70;  // EX_SOFTWARE: a defect of pgtide
constexpr int exit_signal_base = 128;

int exit_code(const Error& error);
int exit_code(const Report& report, NotSimulable not_simulable);
// Of a dry run in which nothing failed, and something could not be tried.
int exit_code(NotSimulable not_simulable);

}  // namespace pgtide::cli
