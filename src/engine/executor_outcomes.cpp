// The receiving side: what the server's answers mean, and who is told.
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

}  // namespace pgtide::engine
