// One wait for the server's disk for many migrations.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "engine/held_news.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/run_lock.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

// Each migration but a run's last commits with synchronous_commit = off: a server that crashes then
// loses the last few migrations whole, each with its ledger row. None of them is called done before
// a later COMMIT, or flush(), has waited for the disk.
class GroupCommit {
 public:
  // `lock` is not owned; without it, or without a session of its own, nothing is deferred.
  GroupCommit(ports::Observer& observer, ports::RunLock* lock, const LedgerNames& names,
              const ports::Interrupt& interrupt)
      : news_(observer), lock_(lock), names_(names), interrupt_(interrupt) {}

  // Tells what may be told by now.
  ports::Observer& news() { return news_; }
  bool is_possible() const { return lock_ != nullptr && lock_->can_run_aside(); }

  bool is_waiting() const { return since_.has_value(); }
  // Long enough that somebody who looks on would notice.
  bool is_due() const;
  // `tell` is called when what is committed by now is on disk.
  void hold(std::function<void()> tell);
  // A COMMIT that waits for the disk was answered.
  void flushed();
  // Waits for the disk on the lock's session; when that cannot, or somebody stops the run,
  // everything stays held.
  void flush();

 private:
  using Clock = std::chrono::steady_clock;

  HeldNews news_;
  ports::RunLock* lock_;
  const LedgerNames& names_;
  const ports::Interrupt& interrupt_;
  std::optional<Clock::time_point> since_;  // the oldest that is held, or the last attempt
};

}  // namespace pgtide::engine
