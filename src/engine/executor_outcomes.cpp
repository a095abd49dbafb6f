// The receiving side: what the server's answers mean, and how a run that broke is brought to an
// end.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/executor.hpp"
#include "engine/failure.hpp"
#include "engine/tally.hpp"

namespace pgtide::engine {
namespace {

constexpr std::chrono::milliseconds tick{100};

}  // namespace

void Executor::receive_available() {
  while (!in_flight_.empty()) {
    const auto outcome = session_.next(std::chrono::milliseconds(0));
    if (!outcome) return;
    receive(*outcome);
  }
}

void Executor::receive_one() {
  while (true) {
    const auto outcome = session_.next(tick);
    observer_.on_tick();
    if (!outcome || group_.is_due()) group_.flush();
    if (!outcome) {
      look_for_blockers();
      continue;
    }
    receive(*outcome);
    return;
  }
}

// The server works, or waits for somebody.
void Executor::tick_over() {
  observer_.on_tick();
  if (group_.is_due()) group_.flush();
  look_for_blockers();
}

void Executor::look_for_blockers() {
  if (in_flight_.front().step >= report_.steps.size() || broken_) return;
  const std::size_t index = in_flight_.front().step;
  patience_.look(
      report_.steps[index].step,
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - oldest_since_),
      settings_of(index).lock_timeout);
}

void Executor::receive(const ports::Outcome& outcome) {
  Sent sent = std::move(in_flight_.front());
  in_flight_.pop_front();
  bytes_in_flight_ -= sent.bytes;
  oldest_since_ = Clock::now();
  switch (outcome.status) {
    case ports::OutcomeStatus::ok:
      note_success(sent, outcome);
      break;
    case ports::OutcomeStatus::failed:
      if (sent.purpose == Purpose::recovery) {
        recovery_error_ = why_not_recorded(outcome.error);
      } else if (!broken_) {
        broken_ = Broken{.sent = std::move(sent), .error = outcome.error};
      }
      break;
    case ports::OutcomeStatus::skipped:
    case ports::OutcomeStatus::synced:
      break;
  }
  announce_running();
}

void Executor::note_success(const Sent& sent, const ports::Outcome& outcome) {
  if (sent.purpose == Purpose::probe) return options_.probe->on_rows(outcome.values);
  if (!outcome.values.empty()) last_values_ = outcome.values;
  if (sent.purpose == Purpose::look) {
    before_ = shared_session(outcome.values);
    backend_ = before_.backend;
    if (options_.lock != nullptr) options_.lock->migrates_in(before_.backend.pid);
  }
  if (whole_run() && sent.purpose == Purpose::commit) return finish_run();
  if (sent.step >= report_.steps.size()) return;
  StepReport& step = report_.steps[sent.step];
  switch (sent.purpose) {
    case Purpose::statement:
      count_statement(step, outcome);
      break;
    case Purpose::ledger:
      if (!outcome.values.empty() && outcome.values[0].at(0)) {
        step.duration_ms = std::stoll(*outcome.values[0][0]);
      }
      break;
    default:
      break;
  }
  // Between these two answers ROLLBACK TO SAVEPOINT has something to go back to.
  if (sent.purpose == Purpose::open) savepoint_open_ = outcome.tag == "SAVEPOINT";
  if (sent.purpose == Purpose::close && outcome.tag == "RELEASE") savepoint_open_ = false;
  if (sent.ends_step) note_committed(sent);
}

// A run's last commit waits for the disk, and with it everything before.
Flush Executor::flush_of(std::size_t index) const {
  const bool can_wait = options_.finish == Finish::commit_each &&
                        index + 1 < report_.steps.size() && group_.is_possible();
  return can_wait ? Flush::later : Flush::at_commit;
}

void Executor::note_committed(const Sent& sent) {
  ran_ = sent.step + 1;
  report_.steps[sent.step].ended = std::chrono::system_clock::now();
  if (options_.finish == Finish::commit_all) return;
  if (sent.flush == Flush::later)
    return group_.hold([this, index = sent.step] { finish_step(index); });
  if (options_.finish == Finish::commit_each) group_.flushed();
  finish_step(sent.step);
}

// Index of the first step that was not begun.
std::size_t Executor::next_step() const {
  const auto begin = report_.steps.begin();
  const auto next =
      std::find_if(begin + static_cast<std::ptrdiff_t>(ran_), report_.steps.end(),
                   [](const StepReport& step) { return step.outcome == StepOutcome::not_run; });
  return static_cast<std::size_t>(next - begin);
}

// The COMMIT of a run in one transaction was answered.
void Executor::finish_run() {
  for (std::size_t i = 0; i < ran_; ++i) finish_step(i);
}

void Executor::finish_step(std::size_t index, StepOutcome outcome) {
  StepReport& step = report_.steps[index];
  step.outcome = outcome;
  observer_.on_step_finished(step, index, report_.steps.size());
}

// What the lock's session could not do is done here, with no transaction open. Somebody who stopped
// the run does not wait for a standby any more.
void Executor::flush_commits() {
  using OnInterrupt = ports::Session::OnInterrupt;
  if (!group_.is_waiting()) return;
  const bool hurries = interrupt_.signal() != 0;
  session_.set_on_interrupt(hurries ? OnInterrupt::carry_on : OnInterrupt::cancel_statement);
  recovery_error_.reset();
  last_values_.clear();
  for (const Query& query : wait_for_disk(hurries ? Flush::on_server : Flush::at_commit)) {
    send(Purpose::recovery, report_.steps.size(), query, ports::Rows::keep);
  }
  end_pipeline();
  const auto error = std::exchange(recovery_error_, std::nullopt);
  const std::string standbys = last_values_.empty() ? "" : last_values_[0].at(0).value_or("");
  if (error) {
    remark(
        fmt::format("the server did not confirm that what was committed last is on its disk: {}; "
                    "if it crashes within the next seconds, look at `pgtide status`",
                    *error));
  } else if (hurries && !standbys.empty()) {
    remark(
        fmt::format("stopped without waiting for the synchronous standbys ({}): they may lack what "
                    "was committed last",
                    standbys));
  }
  group_.flushed();
}

void Executor::remark(std::string message) {
  observer_.on_remark({.where = {}, .message = std::move(message), .hint = {}, .source_line = {}});
}

void Executor::announce_running() {
  if (in_flight_.empty() || in_flight_.front().purpose == Purpose::sync) return;
  const std::size_t step = in_flight_.front().step;
  if (step >= report_.steps.size() || announced_ == step || broken_) return;
  announced_ = step;
  if (!whole_run()) step_started_ = Clock::now();
  observer_.on_step_started(report_.steps[step].step, step, report_.steps.size());
}

void Executor::on_notice(const ports::ServerMessage& message) {
  if (in_flight_.empty()) return;
  const Sent& sent = in_flight_.front();
  // A COMMIT that does not wait any more for a standby says so.
  const bool may_commit = sent.purpose == Purpose::commit || sent.purpose == Purpose::recovery ||
                          sent.purpose == Purpose::bootstrap;
  const bool is_without_transaction = message.sqlstate == "25P01";
  if (may_commit && message.severity == "WARNING" && !is_without_transaction) {
    const bool in_step = sent.step < report_.steps.size();
    return observer_.on_server_notice({.where = {in_step ? plan_->steps[sent.step].path : "", 0, 0},
                                       .severity = message.severity,
                                       .message = message.message,
                                       .detail = message.detail,
                                       .hint = message.hint});
  }
  if (sent.purpose != Purpose::statement) return;
  observer_.on_server_notice(
      script_notice(plan_->steps[sent.step].path, sent.begin, sent.text, message));
}

Failure Executor::explain() const {
  Failure failure;
  if (!broken_) {
    failure.kind = FailureKind::interrupted;
    failure.message = "stopped before the next migration";
    failure.step = next_step();
    return failure;
  }
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
      if (is_lock_failure(failure.sqlstate)) {
        failure.kind = FailureKind::environment;
        patience_.explain(failure);
      }
      break;
    case Purpose::check:
    case Purpose::commit:
      failure.message = "at the end of the transaction: " + failure.message;
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
    case Purpose::fence:
      return lock_lost(std::move(failure));
    case Purpose::bootstrap:
    case Purpose::ledger:
      return ledger_failure(std::move(failure), options_.names);
    default:
      failure.kind = FailureKind::environment;
      break;
  }
  return failure;
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

void Executor::mark_undone() {
  for (std::size_t i = 0; i < ran_; ++i) finish_step(i, StepOutcome::undone);
}

// Everything is answered; the pipeline is empty.
bool Executor::will_try_again() {
  if (!broken_ || dry() || !is_lock_failure(broken_->error.sqlstate)) return false;
  const std::size_t index = broken_->sent.step;
  if (index >= report_.steps.size() || options_.lock_retries == 0) return false;
  // The transaction must not keep its own locks during the pause.
  const Broken broken = std::move(*broken_);
  broken_.reset();
  roll_back_to_retry();
  if (!patience_.try_again(report_.steps[index].step)) {
    if (interrupt_.signal() == 0) broken_ = broken;
    return false;
  }
  const std::size_t first = whole_run() ? 0 : index;
  ran_ = first;
  for (std::size_t i = first; i < report_.steps.size(); ++i) {
    report_.steps[i] = {.step = plan_->steps[i]};
  }
  return true;
}

void Executor::roll_back_to_retry() {
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  clean_session();
  savepoint_open_ = false;
  session_.set_on_interrupt(ports::Session::OnInterrupt::cancel_statement);
}

// Everything is answered; the pipeline is empty. A broken run still has its transaction open,
// unless COMMIT broke it.
void Executor::conclude() {
  if (stepwise_failure_) {
    report_.failure = std::move(stepwise_failure_);
    return;
  }
  if (!broken_ && interrupt_.signal() == 0) return;
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  const bool all_done = report_.count(StepOutcome::done) == report_.steps.size();
  if (all_done && !dry()) {  // too late to stop anything
    broken_.reset();
    if (!is_shared()) clean_session();
    return;
  }

  Failure failure = explain();
  if (interrupt_.signal() != 0 && (!broken_ || broken_->error.sqlstate == "57014")) {
    failure.kind = FailureKind::interrupted;
    failure.signal = interrupt_.signal();
    failure.hint.clear();
  }
  const bool in_step = broken_ && failure.step < report_.steps.size();
  const bool untold =
      dry() && in_step && failure.kind == FailureKind::migration && note_not_simulable(failure);
  if (whole_run() || !in_step) {
    send(Purpose::recovery, report_.steps.size(), {"ROLLBACK"});
    if (is_shared()) clean_shared_session();
    sync();
  }
  if (whole_run() && !dry()) mark_undone();
  if (in_step) {
    report_.steps[failure.step].duration_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - step_started_).count();
  }
  if (in_step && !untold) report_.steps[failure.step].outcome = StepOutcome::failed;
  if (in_step && !dry()) {
    failure.recorded = record(failure);
    failure.record_error = recovery_error_.value_or("");
  }
  if (!is_shared()) clean_session();
  if (in_step)
    observer_.on_step_finished(report_.steps[failure.step], failure.step, report_.steps.size());
  if (!untold) report_.failure = std::move(failure);
}

bool Executor::record(const Failure& failure) {
  const std::size_t none = report_.steps.size();
  const auto send_recovery = [&](const std::vector<Query>& queries) {
    send_all(Purpose::recovery, none, queries);
  };
  begin_to_record();
  send_recovery({apply_ledger_settings(options_.settings, Flush::on_server)});
  if (options_.finish == Finish::commit_all) send_recovery(writer_.create());
  send_recovery({writer_.failed(report_.steps[failure.step].step, checksum_of_step(failure.step),
                                one_line(failure), report_.steps[failure.step].duration_ms)});
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
    send_all(Purpose::recovery, none, reset_settings());
    send_all(Purpose::recovery, none, reset_session_objects(TemporaryObjects::drop));
    forget_prepared(Purpose::recovery, none);
  }
  sync();
}

}  // namespace pgtide::engine
