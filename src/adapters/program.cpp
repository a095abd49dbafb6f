#include "adapters/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "adapters/process.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds grace{2000};  // between asking and killing

std::string found_in_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  if (auto file = find_program(name)) return *file;
  throw Error(ErrorKind::environment, fmt::format("there is no program {} in $PATH", name));
}

class Child {
 public:
  explicit Child(const Program& program) : program_(program), left_(program.input) {
    start();
    fcntl(output_.pipe.read_end.get(), F_SETFL, O_NONBLOCK);
    fcntl(errors_.pipe.read_end.get(), F_SETFL, O_NONBLOCK);
    fcntl(input_.write_end.get(), F_SETFL, O_NONBLOCK);
    if (left_.empty()) input_.write_end.reset();
  }

  ProgramResult wait() {
    const auto started = Clock::now();
    while (!ended()) {
      exchange(std::chrono::milliseconds(50));
      if (!asked_at_) {
        const bool late = program_.timeout && Clock::now() - started >= *program_.timeout;
        if (late)
          ask_to_end(ProgramResult::End::timed_out);
        else if (program_.keep_going && !program_.keep_going())
          ask_to_end(ProgramResult::End::stopped);
      } else if (Clock::now() - *asked_at_ >= grace) {
        kill(-pid_, SIGKILL);
      }
    }
    while (exchange(std::chrono::milliseconds(0))) {
    }
    return std::move(result_);
  }

 private:
  // One of the two that it writes to.
  struct Stream {
    Pipe pipe = make_pipe();
    bool is_open = true;
  };

  void start() {
    std::vector<std::string> argv = program_.argv;
    argv.front() = found_in_path(argv.front());
    const ExecImage image(std::move(argv), program_.env);
    Pipe status = make_pipe();
    {
      const SignalsBlocked blocked;
      pid_ = fork();
      if (pid_ == 0) exec(image, status.write_end.get());
    }
    if (pid_ < 0) {
      throw Error(ErrorKind::environment,
                  fmt::format("cannot start {}: {}", image.program(), std::strerror(errno)));
    }
    output_.pipe.write_end.reset();
    errors_.pipe.write_end.reset();
    input_.read_end.reset();
    status.write_end.reset();
    int reason = 0;
    if (read(status.read_end.get(), &reason, sizeof reason) == sizeof reason) {
      waitpid(pid_, nullptr, 0);
      throw Error(ErrorKind::environment,
                  fmt::format("cannot run {}{}: {}", image.program(),
                              program_.user ? " as user " + program_.user->name : "",
                              std::strerror(reason)));
    }
  }

  // In the child: only what may be called between fork and exec.
  [[noreturn]] void exec(const ExecImage& image, int status) {
    reset_signals();
    setpgid(0, 0);
    const bool is_there = program_.folder.empty() || chdir(program_.folder.c_str()) == 0;
    if (is_there && redirect_stdio(output_.pipe.write_end.get(), errors_.pipe.write_end.get()) &&
        dup2(input_.read_end.get(), STDIN_FILENO) >= 0 &&
        become_user(program_.user ? &*program_.user : nullptr)) {
      // After the change of user, which clears it.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      execve(image.program().c_str(), image.argv(), image.envp());
    }
    const int reason = errno;
    [[maybe_unused]] const ssize_t written = write(status, &reason, sizeof reason);
    _exit(127);
  }

  bool ended() {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    result_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

  void ask_to_end(ProgramResult::End why) {
    result_.end = why;
    asked_at_ = Clock::now();
    kill(-pid_, SIGTERM);
  }

  // Reads what it wrote and writes what it reads; whether anything was read.
  bool exchange(std::chrono::milliseconds patience) {
    std::array<pollfd, 3> files{{{output_.pipe.read_end.get(), POLLIN, 0},
                                 {errors_.pipe.read_end.get(), POLLIN, 0},
                                 {input_.write_end.get(), POLLOUT, 0}}};
    if (!output_.is_open) files[0].fd = -1;
    if (!errors_.is_open) files[1].fd = -1;
    if (poll(files.data(), files.size(), static_cast<int>(patience.count())) <= 0) return false;
    if (files[2].revents != 0) give();
    const bool wrote = files[0].revents != 0 && take(output_, result_.output);
    const bool complained = files[1].revents != 0 && take(errors_, result_.errors);
    return wrote || complained;
  }

  void give() {
    const ssize_t n = write(input_.write_end.get(), left_.data(), left_.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) left_.erase(0, static_cast<std::size_t>(n));
    if (n < 0 || left_.empty()) input_.write_end.reset();  // it need not read all of it
  }

  bool take(Stream& stream, std::string& text) {
    std::array<char, 65536> buffer;
    const ssize_t n = read(stream.pipe.read_end.get(), buffer.data(), buffer.size());
    if (n < 0) return errno == EINTR;
    if (n == 0) stream.is_open = false;
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
    text += piece.substr(0, program_.most_output - std::min(text.size(), program_.most_output));
    result_.said +=
        piece.substr(0, program_.most_output - std::min(result_.said.size(), program_.most_output));
    return n > 0;
  }

  const Program& program_;
  std::string left_;
  Stream output_;
  Stream errors_;
  Pipe input_ = make_pipe();
  pid_t pid_ = 0;
  std::optional<Clock::time_point> asked_at_;
  ProgramResult result_;
};

}  // namespace

std::string path_variable() {
  const char* path = std::getenv("PATH");
  return path == nullptr ? "/usr/bin:/bin" : path;
}

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> folders;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin && path[begin] == '/') folders.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

std::optional<std::string> find_program(const std::string& name) {
  for (const std::string& folder : folders_in(path_variable())) {
    const std::string file = folder + "/" + name;
    struct stat info {};
    const bool is_file = ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
    if (is_file && access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

ProgramResult run_program(const Program& program) {
  return Child(program).wait();
}

ProgramResult ask_program(std::vector<std::string> argv, const std::optional<ProcessUser>& user) {
  return run_program({.argv = std::move(argv),
                      .env = bare_environment(),
                      .input = {},
                      .folder = "/",
                      .user = user,
                      .most_output = std::numeric_limits<std::size_t>::max()});
}

std::vector<std::string> own_environment(const std::vector<std::string>& hidden) {
  std::vector<std::string> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string variable = *at;
    const std::string name = variable.substr(0, variable.find('='));
    if (std::find(hidden.begin(), hidden.end(), name) == hidden.end())
      variables.push_back(variable);
  }
  return variables;
}

}  // namespace pgtide::adapters
