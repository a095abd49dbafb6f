// Signals as an Interrupt.
#pragma once

#include <chrono>

#include "pgtide/ports/session.hpp"

namespace pgtide::adapters {

// From arm() on, the first SIGINT, SIGTERM or SIGHUP is noted and a second one ends the program at
// once with 128+n; before that the first one does. One object a process; the handlers stay until
// its destruction.
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
};

}  // namespace pgtide::adapters
