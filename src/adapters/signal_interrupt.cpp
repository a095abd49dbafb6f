#include "adapters/signal_interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "adapters/open_sockets.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP};

// A handler reaches nothing but globals; these two are lock-free, so it may use them.
std::atomic<int> first_signal{0};
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
  if (!first_signal.compare_exchange_strong(expected, number)) {
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

// Wakes the watch at the end of the program; the other end of `read_end` belongs to the signals.
int stop_ends[2] = {-1, -1};

bool is_readable(int descriptor, int timeout_ms, int other) {
  pollfd fds[2] = {{descriptor, POLLIN, 0}, {other, POLLIN, 0}};
  while (::poll(fds, other >= 0 ? 2 : 1, timeout_ms) < 0 && errno == EINTR) {
  }
  return fds[0].revents != 0;
}

}  // namespace

bool servers_are_given_up() {
  return connections_are_cut_off();
}

int noted_signal() {
  return first_signal.load();
}

SignalInterrupt::SignalInterrupt() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error(ErrorKind::internal, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  read_end = ends[0];
  write_end = ends[1];
  first_signal = 0;
}

void SignalInterrupt::arm(std::chrono::milliseconds timeout) {
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  for (const int number : watched) sigaddset(&action.sa_mask, number);
  watch();
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

// With all signals blocked, so that they go on to wake the thread that waits for the server.
void SignalInterrupt::watch() {
  if (watch_.joinable() || ::pipe2(stop_ends, O_CLOEXEC) != 0) return;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  watch_ = std::thread([] {
    if (!is_readable(read_end, -1, stop_ends[0])) return;
    note_answer();
    while (since_last_answer() < last_patience) {
      constexpr int slice_ms = 100;
      if (is_readable(stop_ends[0], slice_ms, -1)) return;
    }
    cut_off_connections();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

SignalInterrupt::~SignalInterrupt() {
  if (watch_.joinable()) {
    ::close(stop_ends[1]);
    watch_.join();
    ::close(stop_ends[0]);
  }
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::signal(SIGALRM, SIG_DFL);
  for (const int number : watched) ::signal(number, SIG_DFL);
  ::close(read_end);
  ::close(write_end.exchange(-1));
}

int SignalInterrupt::signal() const {
  return first_signal.load();
}

int SignalInterrupt::wait_fd() const {
  return read_end;
}

}  // namespace pgtide::adapters
