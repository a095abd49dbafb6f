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

// How often something was tried. Belongs to the loop that tries, which alone knows when something
// was committed, so that what follows has all its attempts before it.
struct Attempts {
  std::size_t failed = 0;
};

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
  // After a statement of `step` failed for the reason and its transaction was rolled back: pauses
  // and returns true when it should be tried again; false after the last retry or an interrupt.
  bool try_again(const Step& step, LockFailure reason, Attempts& attempts);
  // What such a `failure` should say: how often it was tried, and who was in the way.
  void explain(Failure& failure, const Attempts& attempts) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t retries_;
  ports::RunLock* watch_;
  ports::Observer& observer_;
  const ports::Interrupt& interrupt_;

  std::string version_;  // of the step that the blockers were seen at
  std::optional<Clock::time_point> looked_;
  std::vector<LockHolder> blockers_;  // that were seen last
};

// Why a statement that failed may do better at another attempt; nullopt when it failed for another
// reason. Each undoes its transaction and nothing else.
std::optional<LockFailure> lock_failure(const std::string& sqlstate);

}  // namespace pgtide::engine
