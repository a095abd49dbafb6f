#include "engine/lock_wait.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/pause.hpp"
#include "pgtide/error.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{50};
constexpr milliseconds longest_pause{1000};
constexpr milliseconds say_again_after{5000};

}  // namespace

HeldLock::HeldLock(ports::RunLock& lock, milliseconds limit, ports::Observer& observer,
                   const ports::Interrupt& interrupt)
    : lock_(lock) {
  const auto started = std::chrono::steady_clock::now();
  milliseconds next_pause = first_pause;
  milliseconds said{-1};
  while (const auto holder = lock_.try_acquire()) {
    const auto waited =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started);
    if (waited >= limit) {
      throw Error(ErrorKind::environment,
                  fmt::format("another run holds the lock ({}); waited {:.1f} s; nothing was run",
                              describe(*holder), static_cast<double>(waited.count()) / 1000),
                  "wait for it to finish, or wait longer with --lock-wait")
          .with_sqlstate("", holder->query.empty() ? "" : "it runs: " + holder->query);
    }
    if (interrupt.signal() != 0) {
      throw Error(ErrorKind::interrupted, "stopped while waiting for the lock; nothing was run")
          .with_signal(interrupt.signal());
    }
    if (said.count() < 0 || waited - said >= say_again_after) {
      observer.on_waiting_for_lock(*holder, waited, limit);
      said = waited;
    }
    pause(std::min(next_pause, limit - waited), interrupt, observer);
    next_pause = std::min(next_pause * 2, longest_pause);
  }
}

}  // namespace pgtide::engine
