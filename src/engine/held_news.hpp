// What is told only once it is on disk.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "pgtide/ports/observer.hpp"

namespace pgtide::engine {

// Passes everything on at once, until hold(): from then on everything is kept, in order, until
// tell(). So a step that is committed, but not yet on the server's disk, is not called done, and
// nothing that came after it is told before it.
class HeldNews final : public ports::Observer {
 public:
  explicit HeldNews(ports::Observer& to) : to_(to) {}

  void hold(std::function<void()> event) {
    holding_ = true;
    held_.push_back(std::move(event));
  }
  void tell() {
    holding_ = false;
    for (; !held_.empty(); held_.pop_front()) held_.front()();
  }

  void on_step_started(const Step& step, std::size_t index, std::size_t total) override {
    pass([this, step, index, total] { to_.on_step_started(step, index, total); });
  }
  void on_step_finished(const StepReport& step, std::size_t index, std::size_t total) override {
    pass([this, step, index, total] { to_.on_step_finished(step, index, total); });
  }
  void on_server_notice(const ServerNotice& notice) override {
    pass([this, notice] { to_.on_server_notice(notice); });
  }
  void on_waiting_for_lock(const LockHolder& holder, std::chrono::milliseconds waited,
                           std::chrono::milliseconds limit) override {
    pass([this, holder, waited, limit] { to_.on_waiting_for_lock(holder, waited, limit); });
  }
  void on_blocked(const Step& step, const std::vector<LockHolder>& blockers) override {
    pass([this, step, blockers] { to_.on_blocked(step, blockers); });
  }
  void on_lock_retry(const Step& step, const LockRetry& retry) override {
    pass([this, step, retry] { to_.on_lock_retry(step, retry); });
  }
  void on_batch(const Step& step, const BatchProgress& progress) override {
    pass([this, step, progress] { to_.on_batch(step, progress); });
  }
  void on_remark(const Problem& problem) override {
    pass([this, problem] { to_.on_remark(problem); });
  }
  void on_tick() override { to_.on_tick(); }

 private:
  template <typename Event>
  void pass(Event event) {
    if (holding_) {
      held_.emplace_back(std::move(event));
    } else {
      event();
    }
  }

  ports::Observer& to_;
  bool holding_ = false;
  std::deque<std::function<void()>> held_;
};

}  // namespace pgtide::engine
