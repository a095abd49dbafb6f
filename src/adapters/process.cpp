#include "adapters/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "pgtide/error.hpp"

namespace pgtide {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::environment, fmt::format("{}: {}", what, std::strerror(errno)));
}

UniqueFd above_stdio(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  return UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& s : strings) pointers.push_back(s.data());
  pointers.push_back(nullptr);
  return pointers;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 0;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

void UniqueFd::reset() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Pipe make_pipe() {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) fail("cannot create a pipe");
  UniqueFd read_end(fds[0]);
  UniqueFd write_end(fds[1]);
  Pipe pipe{above_stdio(std::move(read_end)), above_stdio(std::move(write_end))};
  if (!pipe.read_end.valid() || !pipe.write_end.valid()) fail("cannot create a pipe");
  return pipe;
}

std::vector<std::string> bare_environment() {
  std::vector<std::string> variables;
  for (const char* name : {"PATH", "HOME", "TZ", "TMPDIR", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) {
      variables.push_back(fmt::format("{}={}", name, value));
    }
  }
  variables.emplace_back("LC_ALL=C");
  return variables;
}

ExecImage::ExecImage(std::vector<std::string> argv, std::vector<std::string> environment)
    : argv_(std::move(argv)), env_(std::move(environment)) {
  argv_pointers_ = pointers_to(argv_);
  env_pointers_ = pointers_to(env_);
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

bool become_user(const ProcessUser* user) {
  if (user == nullptr) return true;
  return setgroups(1, &user->gid) == 0 && setgid(user->gid) == 0 && setuid(user->uid) == 0;
}

bool redirect_stdio(int output, int errors) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return false;
  if (dup2(output < 0 ? null : output, STDOUT_FILENO) < 0) return false;
  if (dup2(errors < 0 ? null : errors, STDERR_FILENO) < 0) return false;
  if (dup2(null, STDIN_FILENO) < 0) return false;
  if (null > STDERR_FILENO) close(null);
  return true;
}

void close_all_but(std::span<int> keep) {
  std::sort(keep.begin(), keep.end());
  unsigned first = STDERR_FILENO + 1;
  const auto close_up_to = [&first](unsigned last) {
    if (first > last || close_range(first, last, 0) == 0) return;
    // An old kernel without close_range: the usual limit of open files.
    for (unsigned fd = first; fd <= std::min(last, 4096U); ++fd) close(static_cast<int>(fd));
  };
  for (const int fd : keep) {
    if (fd <= STDERR_FILENO) continue;
    close_up_to(static_cast<unsigned>(fd) - 1);
    first = static_cast<unsigned>(fd) + 1;
  }
  close_up_to(~0U);
}

bool user_can_access(const std::optional<ProcessUser>& user, const std::string& path, int mode) {
  if (!user) return access(path.c_str(), mode) == 0;
  pid_t pid = 0;
  {
    const SignalsBlocked blocked;
    pid = fork();
    if (pid == 0) {
      reset_signals();
      _exit(become_user(&*user) && access(path.c_str(), mode) == 0 ? 0 : 1);
    }
  }
  return pid > 0 && wait_for(pid) == 0;
}

}  // namespace pgtide
