// A lock of somebody else's in the way of a statement: who holds it, and when to try again.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/plan.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/run_lock.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"

namespace pgtide::engine {

// Every statement waits at most lock_timeout for a lock: while it waits, everybody who needs the
// same table queues behind it. Then the transaction is rolled back, they go on, and it is tried
// again after a pause; never without the timeout.
class LockPatience {
 public:
  // `watch` is not owned; without it nobody is named.
  LockPatience(std::size_t retries, ports::RunLock* watch, ports::Observer& observer,
               const ports::Interrupt& interrupt)
      : retries_(retries), watch_(watch), observer_(observer), interrupt_(interrupt) {}

  // To be called often while a statement of `step` runs; asks now and then who blocks it.
  void look(const Step& step, std::chrono::milliseconds running,
            std::chrono::milliseconds lock_timeout);
  // After a statement of `step` got no lock and its transaction was rolled back: pauses and returns
  // true when it should be tried again; false after the last retry or an interrupt.
  bool try_again(const Step& step, LockFailure reason);
  // Something of the step is committed: what follows has all its attempts before it.
  void got_on() { attempts_ = 0; }
  // What `failure`, for want of a lock, should say: how often it was tried, and who was in the way.
  void explain(Failure& failure) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::chrono::milliseconds next_pause() const;

  std::size_t retries_;
  ports::RunLock* watch_;
  ports::Observer& observer_;
  const ports::Interrupt& interrupt_;

  std::string version_;  // of the step that the attempts are counted for
  std::size_t attempts_ = 0;
  std::optional<Clock::time_point> looked_;
  std::vector<LockHolder> blockers_;  // that were seen last
};

// How a statement that failed came to get no lock; nullopt when it failed for another reason. Both
// undo its transaction and nothing else, so another attempt finds what the first one found.
std::optional<LockFailure> lock_failure(const std::string& sqlstate);

}  // namespace pgtide::engine
