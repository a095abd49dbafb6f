// One runner at a time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/lock_holder.hpp"
#include "pgtide/query.hpp"

namespace pgtide::ports {

using pgtide::LockHolder;

// The advisory lock, on a session of its own: a script may free every lock of the session that runs
// it.
class RunLock {
 public:
  virtual ~RunLock() = default;
  // nullopt: held from now on, until release() or destruction. Never waits on the server: a waiting
  // session holds a snapshot, which CREATE INDEX CONCURRENTLY of the holder would wait for. Throws
  // Error(environment).
  virtual std::optional<LockHolder> try_acquire() = 0;
  virtual void release() = 0;
  // Who keeps the session that migrates waiting at this moment, the oldest transaction first. Empty
  // when nobody does, and when it cannot be told: it only explains a wait, so it never throws.
  virtual std::vector<LockHolder> blockers() = 0;
  // A statement for the session that migrates: fails with division_by_zero (22012) unless the lock
  // is still held.
  virtual Query fence() const = 0;
};

}  // namespace pgtide::ports
