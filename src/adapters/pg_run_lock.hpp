// The run lock as an advisory lock of PostgreSQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/pg_connection.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/run_lock.hpp"

namespace pgtide::adapters {

struct LockKeys {
  std::int64_t run = 0;
  std::int64_t fence = 0;  // of this run alone, held beside the lock
  std::int64_t transaction = 0;
};

// Connects when the lock is first asked for, so that a run with nothing to do opens no second
// session.
//
// A session of a pooler is never locked beyond a transaction: whatever becomes of this program, the
// pooler ends a session whose transaction is open, and so frees the lock. In session mode the
// transaction stays open as long as the lock is held; it has no snapshot, so nobody waits for it.
class PgRunLock final : public ports::RunLock {
 public:
  // `migrating` is the session that the lock protects; whoever waits is shown what that one runs.
  // It must outlive the lock.
  PgRunLock(ConnectOptions options, LedgerNames names, PGconn* migrating, std::string run_id = "-")
      : options_(std::move(options)),
        names_(std::move(names)),
        run_id_(std::move(run_id)),
        migrating_(migrating),
        migrating_pid_(PQbackendPID(migrating)) {}

  Pooling pooling() override;
  std::string direct_url() override;
  std::optional<ports::LockHolder> try_acquire() override;
  void release() override;  // the server frees the lock with the session
  Query fence() const override;
  std::int64_t transaction_key() const override { return keys_->transaction; }
  std::vector<ports::LockHolder> blockers() override;
  void migrates_in(int backend) override { migrating_pid_ = backend; }
  bool can_run_aside() const override { return connection_ != nullptr && !is_shared(); }
  bool run_aside(const std::vector<std::string>& statements,
                 const ports::Interrupt& interrupt) override;

 private:
  struct Attempt {
    bool was_made = false;
    std::optional<ports::LockHolder> holder = {};
  };
  bool is_shared() const { return pooling_ && *pooling_ != Pooling::none; }
  PGconn* own();
  std::string label() const;  // for those who wait
  Attempt attempt(PGconn* connection, const std::string& sql);
  std::optional<ports::LockHolder> hold_transaction();
  void learn();
  void make_keys(const std::string& database);
  bool has_asked_for_blockers();

  ConnectOptions options_;
  LedgerNames names_;
  std::string run_id_;
  PGconn* migrating_;
  int migrating_pid_;
  std::optional<Pooling> pooling_;  // once it is known
  Connection connection_;           // that holds the lock
  Connection watching_;             // looks for blockers where connection_ must not
  bool is_asked_ = false;           // watching_ owes an answer
  std::optional<LockKeys> keys_;
};

}  // namespace pgtide::adapters
