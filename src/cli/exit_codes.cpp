#include "cli/exit_codes.hpp"

namespace pgtide::cli {

int exit_code(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::usage:
    case ErrorKind::config:
    case ErrorKind::invalid_input:
      return exit_usage;
    case ErrorKind::environment:
      return exit_environment;
    case ErrorKind::interrupted:
      return exit_signal_base + error.signal();
    case ErrorKind::internal:
      break;
  }
  return exit_internal;
}

int exit_code(const Report& report, NotSimulable not_simulable) {
  if (report.failure) {
    switch (report.failure->kind) {
      case FailureKind::migration:
        return exit_migration_failed;
      case FailureKind::environment:
        return exit_environment;
      case FailureKind::interrupted:
        return exit_signal_base + report.failure->signal;
    }
  }
  return report.count(StepOutcome::not_simulable) > 0 ? exit_code(not_simulable) : exit_done;
}

int exit_code(NotSimulable not_simulable) {
  return not_simulable == NotSimulable::error ? exit_not_simulable : exit_done;
}

}  // namespace pgtide::cli
