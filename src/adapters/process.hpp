// What starting another program is made of: argument lists only, never a shell.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pgtide {

class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_;
};

// Both ends are closed on exec and are never 0, 1 or 2, so that they can be put there safely.
struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};
Pipe make_pipe();

struct ProcessUser {
  uid_t uid;
  gid_t gid;
  std::string name;
};

// PATH, TZ and the like.
std::vector<std::string> bare_environment();

// What execve takes, built before a fork because memory may not be allocated after it.
class ExecImage {
 public:
  explicit ExecImage(std::vector<std::string> argv,
                     std::vector<std::string> environment = bare_environment());
  char* const* argv() const { return argv_pointers_.data(); }
  char* const* envp() const { return env_pointers_.data(); }
  const std::string& program() const { return argv_.front(); }

 private:
  std::vector<std::string> argv_;
  std::vector<std::string> env_;
  std::vector<char*> argv_pointers_;
  std::vector<char*> env_pointers_;
};

// Whether `user` (the own process when empty) may do `mode` (R_OK, X_OK, …) with `path`.
bool user_can_access(const std::optional<ProcessUser>& user, const std::string& path, int mode);

// The pieces below may be used between fork and exec.

// Blocks every signal while it lives, so that a child does not run its parent's handlers before
// `reset_signals` removed them.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};
void reset_signals();
// False, with errno set, when the change was refused.
bool become_user(const ProcessUser* user);
// stdin from /dev/null, stdout to `output` and stderr to `errors` (-1: /dev/null).
bool redirect_stdio(int output, int errors);
// Closes every descriptor above 2 that is not in `keep`, which gets sorted.
void close_all_but(std::span<int> keep);

}  // namespace pgtide
