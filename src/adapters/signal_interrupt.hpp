// Signals as an Interrupt.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "pgtide/ports/session.hpp"

namespace pgtide::adapters {

// Whoever presses Ctrl-C once may be heard twice: npm and timeout pass a signal on that the whole
// process group got as well. Such an echo comes within `echo_ms` of the first one.
constexpr std::int64_t echo_ms = 200;
constexpr bool is_echo(std::int64_t first_at_ms, std::int64_t now_ms) {
  return now_ms - first_at_ms <= echo_ms;
}

// How long a server may say nothing once the run is to stop. Then the connections are cut off, so
// that it does not keep the program.
constexpr std::chrono::seconds last_patience{5};
// Whether that has happened.
bool servers_are_given_up();

// The signal that was noted; 0 when there was none.
int noted_signal();

// From arm() on, the first SIGINT, SIGTERM or SIGHUP is noted and a second one that is no echo ends
// the program at once with 128+n; before that the first one does. One object a process; the
// handlers stay until its destruction.
class SignalInterrupt final : public ports::Interrupt {
 public:
  SignalInterrupt();
  ~SignalInterrupt() override;
  SignalInterrupt(const SignalInterrupt&) = delete;
  SignalInterrupt& operator=(const SignalInterrupt&) = delete;

  // `timeout`: after it a SIGALRM is noted, as if somebody had sent it; 0: never.
  void arm(std::chrono::milliseconds timeout);
  int signal() const override;
  int wait_fd() const override;

 private:
  void watch();
  std::thread watch_;
};

}  // namespace pgtide::adapters
