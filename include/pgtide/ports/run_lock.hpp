// One runner at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/lock_holder.hpp"
#include "pgtide/pooling.hpp"
#include "pgtide/ports/interrupt.hpp"
#include "pgtide/query.hpp"

namespace pgtide::ports {

using pgtide::LockHolder;

// The advisory lock, on a session of its own: a script may free every lock of the session that runs
// it. Behind a pooler in transaction mode nothing can be held from one transaction to the next:
// there each transaction takes the lock anew, and another runner may come between two of them.
class RunLock {
 public:
  virtual ~RunLock() = default;
  // What the session that migrates goes through. Asks the server the first time, with nothing
  // outstanding on that session. Throws Error(environment).
  virtual Pooling pooling() { return Pooling::none; }
  // A URL that leads past the pooler, without password; what is not known is in capitals.
  virtual std::string direct_url() { return {}; }
  // nullopt: held from now on, until release() or destruction, and no transaction of an earlier run
  // is left in the server; in transaction mode only: nobody holds it now. Never waits on the
  // server: a waiting session holds a snapshot, which CREATE INDEX CONCURRENTLY of the holder would
  // wait for. Throws Error(environment).
  virtual std::optional<LockHolder> try_acquire() = 0;
  virtual void release() = 0;
  // Who keeps the session that migrates waiting at this moment, the oldest transaction first. Empty
  // when nobody does, and when it cannot be told: it only explains a wait, so it never throws.
  virtual std::vector<LockHolder> blockers() = 0;
  // The server's process that migrates, where a pooler chooses it.
  virtual void migrates_in(int /*backend*/) {}
  // A statement for the session that migrates: fails with division_by_zero (22012) unless the lock
  // is still held; in transaction mode, unless it can be taken to the end of the transaction.
  virtual Query fence() const = 0;
  // The key of the lock that each transaction of the run takes, so that whoever starts after this
  // client has died waits for the transaction that outlives it. Known once the lock is held.
  virtual std::int64_t transaction_key() const = 0;
  // Whether the lock is held by a session of its own that has no transaction open.
  virtual bool can_run_aside() const = 0;
  // Runs the statements in one transaction on that session, while the other one migrates, and waits
  // for its end. False, and nothing is changed, when they fail, return no row, or there is no such
  // session. An interrupt cancels what is running; false also for a COMMIT that then did not wait
  // for its standbys any more.
  virtual bool run_aside(const std::vector<std::string>& statements,
                         const Interrupt& interrupt) = 0;
};

}  // namespace pgtide::ports
