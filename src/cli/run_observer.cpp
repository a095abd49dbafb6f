#include "cli/run_observer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgtide::cli {
namespace {

// Quick migrations would only make the terminal flicker.
constexpr std::chrono::milliseconds live_after{200};
constexpr std::chrono::milliseconds live_every{90};

// Where nothing is live, a line after 2 s, 4 s, 8 s, …, then once a minute.
constexpr std::int64_t first_batch_line_ms = 2000;
constexpr std::int64_t batch_lines_every_ms = 60'000;

LogEvent event_of_done(Direction direction, Finish finish) {
  if (direction == Direction::up) {
    return finish == Finish::roll_back ? LogEvent::would_apply : LogEvent::applied;
  }
  return finish == Finish::roll_back ? LogEvent::would_roll_back : LogEvent::rolled_back;
}

LogEvent event_of(const StepReport& step, Finish finish) {
  switch (step.outcome) {
    case StepOutcome::done:
      return event_of_done(step.step.direction, finish);
    case StepOutcome::failed:
      return LogEvent::failed;
    case StepOutcome::undone:
      return LogEvent::undone;
    case StepOutcome::not_simulable:
      return LogEvent::not_simulable;
    case StepOutcome::unknown:
      return LogEvent::unknown;
    case StepOutcome::not_run:
      break;
  }
  return LogEvent::not_run;
}

const char* outcome_of(LockFailure reason) {
  switch (reason) {
    case LockFailure::deadlock:
      return "ended in a deadlock";
    case LockFailure::conflict:
      return "could not be serialized with another transaction";
    case LockFailure::timeout:
      break;
  }
  return "got no lock";
}

std::string described(const std::vector<LockHolder>& holders) {
  std::string text;
  for (const LockHolder& holder : holders) {
    text += fmt::format("{}{}", text.empty() ? "" : "; ", describe(holder));
  }
  return text;
}

}  // namespace

void RunObserver::on_step_started(const Step& step, std::size_t index, std::size_t total) {
  batch_.reset();
  next_batch_line_ms_ = first_batch_line_ms;
  running_ = Running{step, index, total, std::chrono::steady_clock::now()};
  log_.write({.event = LogEvent::started, .version = step.version_text});
}

void RunObserver::on_step_finished(const StepReport& step, std::size_t, std::size_t) {
  running_.reset();
  if (watch_.step_finished) watch_.step_finished(step);
  log_.write({.level = step.outcome == StepOutcome::failed ? "error" : "info",
              .event = event_of(step, finish_),
              .version = step.step.version_text,
              .duration_ms = step.duration_ms});
  console_.progress(render::step_text(step, finish_, console_.result_style()));
}

void RunObserver::on_server_notice(const ServerNotice& notice) {
  log_.write({.level = notice.severity == "WARNING" ? "warning" : "info",
              .event = LogEvent::server_notice,
              .message = notice.message,
              .where = notice.where,
              .hint = notice.hint});
  console_.remark(render::notice_text(notice, console_.message_style()));
}

void RunObserver::on_waiting_for_lock(const ports::LockHolder& holder,
                                      std::chrono::milliseconds waited,
                                      std::chrono::milliseconds limit) {
  log_.write({.level = "warning",
              .event = LogEvent::waiting_for_lock,
              .message = "held by " + describe(holder),
              .duration_ms = waited.count()});
  console_.message(
      render::lock_text(holder, waited.count(), limit.count(), console_.message_style()));
}

void RunObserver::on_blocked(const Step& step, const std::vector<LockHolder>& blockers) {
  log_.write({.level = "warning",
              .event = LogEvent::blocked,
              .message = described(blockers),
              .version = step.version_text});
  console_.message(render::blocked_text(step, blockers, console_.message_style()));
}

void RunObserver::on_lock_retry(const Step& step, const LockRetry& retry) {
  batch_.reset();
  log_.write(
      {.level = "warning",
       .event = LogEvent::lock_retry,
       .message = fmt::format("attempt {} of {} {}{}{}", retry.attempt, retry.retries + 1,
                              outcome_of(retry.reason), retry.blockers.empty() ? "" : "; held by ",
                              described(retry.blockers)),
       .version = step.version_text,
       .duration_ms = retry.pause.count()});
  console_.message(render::lock_retry_text(step, retry, console_.message_style()));
}

void RunObserver::on_batch(const Step& step, const BatchProgress& progress) {
  batch_ = progress;
  log_.write({.event = LogEvent::batch,
              .message = batches_text(progress),
              .version = step.version_text,
              .duration_ms = progress.elapsed_ms});
  // On a terminal the running line shows it.
  if (console_.is_live() || progress.elapsed_ms < next_batch_line_ms_) return;
  next_batch_line_ms_ = progress.elapsed_ms + std::min(progress.elapsed_ms, batch_lines_every_ms);
  console_.remark(fmt::format("{} {}, {}, {}, {}\n", step.version_text, step.name,
                              batches_text(progress), render::rate_text(progress),
                              render::duration_text(progress.elapsed_ms)));
}

void RunObserver::on_remark(const Problem& remark) {
  log_.write(LogEvent::remark, "info", remark);
  console_.remark(render::remark_text(remark, console_.message_style()));
}

void RunObserver::on_tick() {
  if (interrupt_.signal() != 0 && !said_stopping_) {
    said_stopping_ = true;
    console_.message(
        "stopping: the running statement is being cancelled; a second signal ends at once\n");
    log_.write({.level = "warning", .event = LogEvent::stopping});
  }
  if (!running_) return;
  const auto now = std::chrono::steady_clock::now();
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - running_->since);
  if (watch_.slow && !running_->is_slow && elapsed >= watch_.slow_after) {
    running_->is_slow = true;
    watch_.slow(running_->step, elapsed);
  }
  if (elapsed < live_after || now - drawn_ < live_every) return;
  drawn_ = now;
  console_.live(render::live_text(running_->step, running_->index, running_->total, elapsed.count(),
                                  console_.message_style(), batch_));
}

}  // namespace pgtide::cli
