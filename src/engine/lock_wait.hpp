// Waiting for another runner to finish.
#pragma once

#include <chrono>

#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/run_lock.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

// Holds `lock` until destruction.
class HeldLock {
 public:
  // Polls until the lock is free. Throws Error(environment), naming the holder, after `limit`;
  // Error(interrupted) after a signal.
  HeldLock(ports::RunLock& lock, std::chrono::milliseconds limit, ports::Observer& observer,
           const ports::Interrupt& interrupt);
  ~HeldLock() { lock_.release(); }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

 private:
  ports::RunLock& lock_;
};

}  // namespace pgtide::engine
