// Who keeps a run waiting.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace pgtide {

// A session that holds what a run waits for, as pg_stat_activity tells it; fields that the login
// role may not see are empty.
struct LockHolder {
  int pid = 0;
  std::string application;
  std::string user;
  std::string client;
  std::string state;
  std::string age;  // of the session, or of its transaction; as PostgreSQL prints an interval
  std::string query;
  std::string run_id = {};  // when it is a run of pgtide
};

// `pid 4711, psql, user app, from 10.0.0.7, for 00:01:12, idle in transaction`; of a run of pgtide
// `pid 4711, pgtide lock, run 0facbec6, …`
std::string describe(const LockHolder& holder);

// Why a statement gave way to other sessions, and may do better at another attempt.
enum class LockFailure {
  timeout,   // it waited for lock_timeout
  deadlock,  // somebody waited for it in turn; the server chose it to give way
  conflict   // it could not be serialized with what another transaction did meanwhile
};

// A statement gave way; its transaction was rolled back, so that whoever queued behind it can go
// on, and is tried again.
struct LockRetry {
  LockFailure reason = LockFailure::timeout;
  std::size_t attempt = 0;  // the one that failed, from 1
  std::size_t retries = 0;  // that are allowed
  std::chrono::milliseconds pause{0};
  std::vector<LockHolder> blockers;  // that were seen during the attempt
};

}  // namespace pgtide
