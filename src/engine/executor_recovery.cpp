// How a run that broke, or was stopped, is brought to its end.
#include "engine/executor.hpp"
#include "engine/failure.hpp"
#include "engine/failure_kind.hpp"

namespace pgtide::engine {

Failure Executor::explain() const {
  Failure failure = broken_ ? explain_broken() : Failure();
  if (!broken_) {
    failure.message = "stopped before the next migration";
    failure.step = next_step();
  }
  if (interrupt_.signal() != 0 && (!broken_ || broken_->error.sqlstate == "57014")) {
    failure.kind = FailureKind::interrupted;
    failure.signal = interrupt_.signal();
    failure.hint.clear();
  }
  return failure;
}

Failure Executor::explain_broken() const {
  Failure failure;
  const Sent& sent = broken_->sent;
  const bool in_step = sent.step < report_.steps.size();
  const std::string path = in_step ? report_.steps[sent.step].step.path : std::string();
  if (broken_->copy_begin) {
    failure = copy_failure(path,
                           {.begin = sent.begin,
                            .text = sent.text,
                            .data_begin = *broken_->copy_begin,
                            .line =
                                [&](std::size_t number) {
                                  return source_line(report_.steps[sent.step].step, number);
                                }},
                           broken_->error);
  } else if (sent.purpose == Purpose::statement && !sent.text.empty()) {
    failure = script_failure(path, sent.begin, sent.text, broken_->error);
  } else {
    failure = plain_failure(path, broken_->error);
  }
  failure.step = sent.step;
  return explain_by_purpose(std::move(failure));
}

Failure Executor::explain_by_purpose(Failure failure) const {
  switch (broken_->sent.purpose) {
    case Purpose::statement:
      if (lock_failure(failure.sqlstate)) patience_.explain(failure, attempts_);
      break;
    case Purpose::check:
    case Purpose::commit:
      failure.message = "at the end of the transaction: " + failure.message;
      if (lock_failure(failure.sqlstate)) {
        failure.kind = FailureKind::environment;
        patience_.explain(failure, attempts_);
      }
      break;
    case Purpose::arm_guard:
      failure.kind = FailureKind::environment;
      failure.message = "cannot protect the dry run against a commit: " + failure.message;
      if (failure.sqlstate == "42501") {
        failure.hint =
            "GRANT TEMPORARY ON DATABASE to this role: the protection is a temporary table";
      }
      break;
    case Purpose::probe:
      failure.kind = FailureKind::environment;
      failure.message = "cannot see what the statements do: " + failure.message;
      break;
    case Purpose::lock:
      failure.kind = FailureKind::environment;
      return failure.sqlstate == "22012" ? overtaken(std::move(failure)) : failure;
    case Purpose::loss:
      return explain_loss(std::move(failure));
    case Purpose::fence:
      return lock_lost(std::move(failure));
    case Purpose::open:
      if (failure.sqlstate == "22012") return lock_lost(std::move(failure));
      failure.kind = FailureKind::environment;
      break;
    case Purpose::ledger:
      return ledger_failure_after(std::move(failure), options_.names);
    case Purpose::bootstrap:
      return ledger_failure(std::move(failure), options_.names);
    default:
      failure.kind = FailureKind::environment;
      break;
  }
  return failure;
}

// The COMMIT of a whole run belongs to none; its last step speaks for it.
std::optional<std::size_t> Executor::step_to_retry() const {
  const std::size_t index = broken_->sent.step;
  if (index < report_.steps.size()) return index;
  if (whole_run() && broken_->sent.purpose == Purpose::commit) return report_.steps.size() - 1;
  return std::nullopt;
}

// Everything is answered; the pipeline is empty.
bool Executor::will_try_again() {
  if (broken_ && lost_prepared_statements()) {
    uses_prepared_ = false;
    const std::size_t index = broken_->sent.step;
    broken_.reset();
    roll_back_to_retry();
    start_over(whole_run() ? 0 : index);
    return true;
  }
  if (!broken_ || dry()) return false;
  const auto reason = lock_failure(broken_->error.sqlstate);
  const auto step = reason ? step_to_retry() : std::nullopt;
  if (!step || options_.lock_retries == 0) return false;
  const std::size_t index = *step;
  const std::size_t first = whole_run() ? 0 : index;
  if (first != next_to_try_) attempts_ = {};  // what stood before it is committed
  next_to_try_ = first;
  // The transaction must not keep its own locks during the pause.
  const Broken broken = std::move(*broken_);
  broken_.reset();
  roll_back_to_retry();
  if (!patience_.try_again(report_.steps[index].step, *reason, attempts_)) {
    if (interrupt_.signal() == 0) broken_ = broken;
    return false;
  }
  start_over(whole_run() ? 0 : index);
  return true;
}

// A function or a trigger that a script called ran DEALLOCATE ALL: no script's words tell that.
bool Executor::lost_prepared_statements() const {
  const bool is_own =
      broken_->sent.purpose != Purpose::statement && broken_->sent.purpose != Purpose::probe;
  const bool can_start_over = whole_run() || broken_->sent.step < report_.steps.size();
  return uses_prepared_ && is_own && can_start_over && broken_->error.sqlstate == "26000" &&
         interrupt_.signal() == 0;
}

void Executor::start_over(std::size_t first) {
  ran_ = next_to_try_ = first;
  for (std::size_t i = first; i < report_.steps.size(); ++i) {
    report_.steps[i] = {.step = plan_->steps[i]};
  }
}

void Executor::roll_back_to_retry() {
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  clean_session();
  savepoint_open_ = false;
  session_.set_on_interrupt(ports::Session::OnInterrupt::cancel_statement);
}

Executor::End Executor::end_of_run() const {
  if (!broken_ && interrupt_.signal() == 0) return End::well;
  if (!dry() && report_.count(StepOutcome::done) == report_.steps.size()) return End::too_late;
  if (!broken_) return End::between_steps;
  return broken_->sent.step < report_.steps.size() ? End::in_step : End::outside_steps;
}

// Everything is answered; the pipeline is empty. A broken run still has its transaction open,
// unless COMMIT broke it.
void Executor::conclude() {
  if (stepwise_failure_) {
    report_.failure = std::move(stepwise_failure_);
    return;
  }
  const End end = end_of_run();
  if (end == End::well) return;
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  if (end == End::too_late) {
    broken_.reset();
    if (!is_shared()) clean_session();
    return;
  }
  Failure failure = explain();
  if (whole_run() || end != End::in_step) roll_back_run();
  if (end == End::in_step) return fail_step(std::move(failure));
  if (!is_shared()) clean_session();
  report_.failure = std::move(failure);
}

void Executor::roll_back_run() {
  send(Purpose::recovery, report_.steps.size(), {"ROLLBACK"});
  if (is_shared()) clean_shared_session();
  sync();
  if (options_.finish != Finish::commit_all) return;
  for (std::size_t i = 0; i < ran_; ++i) finish_step(i, StepOutcome::undone);
}

void Executor::fail_step(Failure failure) {
  StepReport& step = report_.steps[failure.step];
  step.duration_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - step_started_).count();
  const bool is_simulable =
      !dry() || failure.kind != FailureKind::migration || !note_not_simulable(failure);
  if (is_simulable) step.outcome = StepOutcome::failed;
  if (!dry()) {
    failure.recorded = record(failure);
    failure.record_error = recovery_error_.value_or("");
    if (failure.recorded && broken_ && broken_->sent.purpose == Purpose::ledger &&
        !failure.sqlstate.empty() && kind_of(failure.sqlstate) == FailureKind::migration) {
      blame_script_for_ledger(failure, options_.names);
    }
  }
  if (!is_shared()) clean_session();
  observer_.on_step_finished(step, failure.step, report_.steps.size());
  if (is_simulable) report_.failure = std::move(failure);
}

bool Executor::record(const Failure& failure) {
  const std::size_t none = report_.steps.size();
  const auto send_recovery = [&](const std::vector<Query>& queries) {
    send_all(Purpose::recovery, none, queries);
  };
  begin_to_record();
  send_recovery(apply_ledger_settings(options_.settings, Flush::on_server));
  if (options_.finish == Finish::commit_all) send_recovery(writer_.create());
  send_recovery({writer_.failed(report_.steps[failure.step].step, checksum_of_step(failure.step),
                                recorded_error(failure), report_.steps[failure.step].duration_ms)});
  if (options_.fence && !locks_each_transaction()) send_recovery({*options_.fence});
  send_recovery({{"COMMIT"}});
  sync();
  if (is_shared() && recovery_error_) {
    send_recovery({{"ROLLBACK"}});
    sync();
  }
  return !recovery_error_;
}

// What no rollback takes back: prepared statements, held cursors of statements before.
void Executor::clean_session() {
  const std::size_t none = report_.steps.size();
  send(Purpose::recovery, none, {"ROLLBACK"});
  if (is_shared()) {
    clean_shared_session();
  } else {
    send_all(Purpose::recovery, none, settings_as_found());
    send_all(Purpose::recovery, none, reset_session_objects(TemporaryObjects::drop));
    forget_prepared(Purpose::recovery, none);
  }
  sync();
}

}  // namespace pgtide::engine
