// Who uses the folder of an embedded server.
#pragma once

#include <functional>
#include <string>

#include "adapters/process.hpp"

namespace pgtide {

// Three lock files, each taken with flock(2), which the kernel releases when a process dies in
// whatever way:
//   start    exclusive while a server is started or stopped; everything else happens under it
//   holders  shared by every process that uses the server; who gets it exclusively, under `start`,
//            is alone
//   watch    shared by the same processes; the keeper blocks on it and wakes when the last one is
//            gone. A file of its own, so that the keeper never looks like a holder.
struct LockPaths {
  std::string start;
  std::string holders;
  std::string watch;
};

enum class LockMode { shared, exclusive };

// Opens (and creates) a lock file. Throws Error(environment).
UniqueFd open_lock_file(const std::string& path);
bool try_lock(int fd, LockMode mode);

// The lock on `path`, taken exclusively. Waits; calls `waiting` once when that takes longer than a
// moment. Throws Error(environment) after `seconds`.
UniqueFd lock_exclusively(const std::string& path, int seconds,
                          const std::function<void()>& waiting);

}  // namespace pgtide
