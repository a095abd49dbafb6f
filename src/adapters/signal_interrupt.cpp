#include "adapters/signal_interrupt.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP};

// A handler reaches nothing but globals; these two are lock-free, so it may use them.
std::atomic<int> noted_signal{0};
std::atomic<int> write_end{-1};
std::atomic<std::int64_t> noted_at{0};
int read_end = -1;

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void handle(int number) {
  const int saved = errno;
  int expected = 0;
  if (!noted_signal.compare_exchange_strong(expected, number)) {
    const bool is_timer = number == SIGALRM;  // nobody lost patience
    if (!is_timer && !is_echo(noted_at.load(), now_ms())) _exit(128 + number);
    errno = saved;
    return;
  }
  noted_at = now_ms();
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(write_end.load(), &byte, 1);
  errno = saved;
}

}  // namespace

SignalInterrupt::SignalInterrupt() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error(ErrorKind::internal, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  read_end = ends[0];
  write_end = ends[1];
  noted_signal = 0;
}

void SignalInterrupt::arm(std::chrono::milliseconds timeout) {
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  for (const int number : watched) sigaddset(&action.sa_mask, number);
  for (const int number : watched) {
    struct sigaction previous {};
    ::sigaction(number, nullptr, &previous);
    if (previous.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);  // nohup stays in force
  }
  if (timeout.count() == 0) return;
  ::sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  timer.it_value.tv_sec = timeout.count() / 1000;
  timer.it_value.tv_usec = timeout.count() % 1000 * 1000;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

SignalInterrupt::~SignalInterrupt() {
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::signal(SIGALRM, SIG_DFL);
  for (const int number : watched) ::signal(number, SIG_DFL);
  ::close(read_end);
  ::close(write_end.exchange(-1));
}

int SignalInterrupt::signal() const {
  return noted_signal.load();
}

int SignalInterrupt::wait_fd() const {
  return read_end;
}

}  // namespace pgtide::adapters
