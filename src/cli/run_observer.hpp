// Shows a run while it happens: lines for people, or one JSON object a line.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "cli/console.hpp"
#include "cli/event_log.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::cli {

class RunObserver final : public ports::Observer {
 public:
  RunObserver(Console& console, EventLog& log, const ports::Interrupt& interrupt)
      : console_(console), log_(log), interrupt_(interrupt) {}

  void set_finish(Finish finish) { finish_ = finish; }

  // Who else wants to know; functions may be empty.
  struct Watch {
    std::function<void(const StepReport&)> step_finished = {};
    std::chrono::milliseconds slow_after{0};
    // Once for each step that takes longer.
    std::function<void(const Step&, std::chrono::milliseconds)> slow = {};
  };
  void watch(Watch watch) { watch_ = std::move(watch); }

  void on_step_started(const Step& step, std::size_t index, std::size_t total) override;
  void on_step_finished(const StepReport& step, std::size_t index, std::size_t total) override;
  void on_server_notice(const ServerNotice& notice) override;
  void on_waiting_for_lock(const ports::LockHolder& holder, std::chrono::milliseconds waited,
                           std::chrono::milliseconds limit) override;
  void on_blocked(const Step& step, const std::vector<LockHolder>& blockers) override;
  void on_lock_retry(const Step& step, const LockRetry& retry) override;
  void on_batch(const Step& step, const BatchProgress& progress) override;
  void on_remark(const Problem& remark) override;
  void on_tick() override;

 private:
  struct Running {
    Step step;
    std::size_t index;
    std::size_t total;
    std::chrono::steady_clock::time_point since;
    bool is_slow = false;
  };

  Console& console_;
  EventLog& log_;
  const ports::Interrupt& interrupt_;
  Finish finish_ = Finish::commit_each;
  std::optional<Running> running_;
  std::optional<BatchProgress> batch_;  // in the live line
  std::int64_t next_batch_line_ms_ = 0;
  std::chrono::steady_clock::time_point drawn_;
  bool said_stopping_ = false;
  Watch watch_;
};

}  // namespace pgtide::cli
