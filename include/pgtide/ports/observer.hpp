// Who is told what happens while it happens.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "pgtide/plan.hpp"
#include "pgtide/ports/run_lock.hpp"
#include "pgtide/report.hpp"

namespace pgtide::ports {

// Called from the thread that runs the migrations; must not throw. Every function does nothing
// unless overridden.
class Observer {
 public:
  virtual ~Observer() = default;
  // `index` counts from 0. The step's first statement may not have started yet. Called again when a
  // run in one transaction starts from its beginning once more.
  virtual void on_step_started(const Step&, std::size_t /*index*/, std::size_t /*total*/) {}
  // After the server confirmed it and, unless the connection was lost in between, has it on disk;
  // in a run in one transaction after the COMMIT or the rollback of all.
  virtual void on_step_finished(const StepReport&, std::size_t /*index*/, std::size_t /*total*/) {}
  // A notice or warning that a script's statement caused.
  virtual void on_server_notice(const ServerNotice&) {}
  virtual void on_waiting_for_lock(const LockHolder&, std::chrono::milliseconds /*waited*/,
                                   std::chrono::milliseconds /*limit*/) {}
  // The step's statement waits for a lock that `blockers` hold; again when others hold it.
  virtual void on_blocked(const Step&, const std::vector<LockHolder>& /*blockers*/) {}
  virtual void on_lock_retry(const Step&, const LockRetry&) {}
  // A repeated statement, after each of its transactions.
  virtual void on_batch(const Step&, const BatchProgress&) {}
  // A remark of pgtide's own: a BEGIN that was absorbed, a stored script that is used.
  virtual void on_remark(const Problem&) {}
  // About ten times a second while something runs.
  virtual void on_tick() {}
};

}  // namespace pgtide::ports
