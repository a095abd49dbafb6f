// What only a dry run does: it commits nothing, and says what it could not try.
#include <fmt/format.h>

#include <algorithm>

#include "engine/executor.hpp"
#include "engine/failure.hpp"

namespace pgtide::engine {

// A script that cannot run in a transaction.
void Executor::leave_out(std::size_t index) {
  StepReport& step = report_.steps[index];
  wait_until_answered();  // what came before is told before
  if (stopped()) return;
  step.outcome = StepOutcome::not_simulable;
  step.not_simulable = why_not_simulable((*scans_)[index], step.step.path);
  observer_.on_step_finished(step, index, report_.steps.size());
}

// In a dry run nothing commits, so what COMMIT does is done here.
void Executor::check_as_commit_would(std::size_t index) {
  send_all(Purpose::check, index, check_deferred_constraints());
  wait_until_answered();
  if (stopped()) return;
  // The catalog is read as the login role.
  send_all(Purpose::check, index, settings_as_found());
  run_listed(index, list_deferred_constraints());
}

void Executor::look_at_sequences(std::size_t index, const sql::Statement& statement) {
  if (options_.sequences == nullptr || stopped() || !SequenceGuard::may_set(statement)) return;
  last_values_.clear();
  send(Purpose::check, index, options_.sequences->positions_in(statement), ports::Rows::keep);
  wait_until_answered();
  if (!stopped()) options_.sequences->note(last_values_);
}

void Executor::run_listed(std::size_t index, const Query& list) {
  for (const std::string& statement : ask_for_statements(index, list)) {
    send(Purpose::check, index, {statement});
  }
  wait_until_answered();
}

std::vector<std::string> Executor::ask_for_statements(std::size_t index, const Query& query) {
  last_values_.clear();
  send_all(Purpose::check, index, begin_own(probe_savepoint_));
  send(Purpose::check, index, query, ports::Rows::keep);
  send_all(Purpose::check, index, end_own(probe_savepoint_));
  wait_until_answered();
  std::vector<std::string> statements;
  for (const auto& row : last_values_) statements.push_back(row.at(0).value_or(""));
  return statements;
}

// A dry run's own limits are never called a failure of the script.
bool Executor::note_not_simulable(const Failure& failure) {
  const bool guard =
      is_caused_by_guard(failure.sqlstate, broken_->error.message, broken_->error.constraint);
  // A script's SET CONSTRAINTS ALL holds to the end of its transaction, which a dry run does not
  // end.
  const bool other_modes = failure.sqlstate.starts_with("23") && constraints_set_by_ &&
                           *constraints_set_by_ < failure.step;
  const bool new_enum_value = failure.sqlstate == "55P04";
  const auto skipped = std::find_if(
      report_.steps.begin(), report_.steps.end(),
      [](const StepReport& step) { return step.outcome == StepOutcome::not_simulable; });
  if (!guard && !new_enum_value && !other_modes && skipped == report_.steps.end()) return false;
  std::string why = failure.message;
  if (guard) {
    why = "the statement needs the end of a transaction, which a dry run never comes to: " +
          broken_->error.message;
  } else if (new_enum_value) {
    why =
        "uses an enum value that an earlier migration of this run adds; that works only after its "
        "commit";
  } else if (other_modes) {
    why +=
        " (but an earlier migration of this run has SET CONSTRAINTS, which holds on in a dry run)";
  } else {
    why += fmt::format(" (but {} was not simulated, which may be why)", skipped->step.version_text);
  }
  StepReport& step = report_.steps[failure.step];
  step.outcome = StepOutcome::not_simulable;
  step.not_simulable.push_back(
      {.where = failure.where, .message = why, .hint = {}, .source_line = failure.source_line});
  return true;
}

}  // namespace pgtide::engine
