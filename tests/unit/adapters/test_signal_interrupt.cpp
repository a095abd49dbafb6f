#include <doctest/doctest.h>

#include <csignal>

#include "adapters/signal_interrupt.hpp"

using namespace pgtide::adapters;

TEST_CASE("a second signal is an echo of the first for a fifth of a second") {
  CHECK(is_echo(1'000'000, 1'000'000));
  CHECK(is_echo(1'000'000, 1'000'200));
  CHECK_FALSE(is_echo(1'000'000, 1'000'201));
  CHECK_FALSE(is_echo(1'000'000, 1'060'000));
}

TEST_CASE("the first signal is the one that is told, and its echo does not end the program") {
  SignalInterrupt interrupt;
  CHECK(interrupt.signal() == 0);
  interrupt.arm(std::chrono::milliseconds(0));
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  sigset_t before;
  sigprocmask(SIG_BLOCK, &both, &before);
  std::raise(SIGTERM);
  std::raise(SIGINT);
  sigprocmask(SIG_SETMASK, &before, nullptr);  // both come now, the lower number first
  CHECK(interrupt.signal() == SIGINT);
}
