// The run lock as an advisory lock of PostgreSQL.
#pragma once

#include <cstdint>
#include <string>

#include "adapters/pg_connection.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/run_lock.hpp"

namespace pgtide::adapters {

// Connects when the lock is first asked for, so that a run with nothing to do opens no second
// session.
class PgRunLock final : public ports::RunLock {
 public:
  // `migrating_pid` is the backend of the session that the lock protects, 0 when there is none to
  // name; whoever waits is shown what that one runs.
  PgRunLock(ConnectOptions options, LedgerNames names, int migrating_pid = 0)
      : options_(std::move(options)), names_(std::move(names)), migrating_pid_(migrating_pid) {}

  std::optional<ports::LockHolder> try_acquire() override;
  void release() override { connection_.reset(); }  // the server frees the lock with the session
  Query fence() const override;
  std::vector<ports::LockHolder> blockers() override;

 private:
  ConnectOptions options_;
  LedgerNames names_;
  int migrating_pid_;
  Connection connection_;
  std::int64_t key_ = 0;
  std::int64_t fence_key_ = 0;  // of this run alone, held beside the lock
};

}  // namespace pgtide::adapters
