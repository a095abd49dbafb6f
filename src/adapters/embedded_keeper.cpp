#include "adapters/embedded_keeper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "adapters/embedded_lock.hpp"
#include "pgtide/error.hpp"

namespace pgtide {

namespace {

// What both children report: the server's number, then, only when exec failed, why.
struct Message {
  enum Kind { started, failed } kind;
  int value;
};

struct Launch {
  const ExecImage& image;
  const ProcessUser* user;
  int log;
  int status;
  // The keeper's own descriptors: a lock belongs to the opening of a file.
  int start;
  int holders;
  int watch;
};

// From here to the end of the anonymous namespace: between fork and exec, so neither memory nor
// locks of the C++ library may be touched.

void send(int fd, Message message) {
  [[maybe_unused]] const ssize_t written = write(fd, &message, sizeof message);
}

void lock(int fd) {
  while (flock(fd, LOCK_EX) != 0 && errno == EINTR) {
  }
}

[[noreturn]] void exec_server(const Launch& launch) {
  reset_signals();
  if (redirect_stdio(launch.log, launch.log))
    execve(launch.image.program().c_str(), launch.image.argv(), launch.image.envp());
  send(launch.status, {Message::failed, errno});
  _exit(127);
}

void stop(pid_t server) {
  kill(server, SIGINT);
  for (int waited_ms = 0; kill(server, 0) == 0; waited_ms += 10) {
    if (waited_ms == 60000) kill(server, SIGQUIT);
    timespec pause{0, 10'000'000};
    nanosleep(&pause, nullptr);
  }
}

[[noreturn]] void keep(const Launch& launch, pid_t server) {
  for (;;) {
    lock(launch.watch);
    flock(launch.watch, LOCK_UN);
    if (kill(server, 0) != 0) _exit(0);
    lock(launch.start);
    if (flock(launch.holders, LOCK_EX | LOCK_NB) == 0) {
      stop(server);
      _exit(0);
    }
    flock(launch.start, LOCK_UN);
  }
}

[[noreturn]] void run_keeper(const Launch& launch) {
  reset_signals();
  setsid();
  prctl(PR_SET_NAME, "pgtide-keeper");
  std::array<int, 5> kept{launch.log, launch.status, launch.start, launch.holders, launch.watch};
  close_all_but(kept);
  if (chdir("/") != 0 || !redirect_stdio(-1, -1) || !become_user(launch.user)) {
    send(launch.status, {Message::failed, errno});
    _exit(127);
  }
  // The kernel collects the server when it ends: its number then means nobody.
  signal(SIGCHLD, SIG_IGN);
  const pid_t server = fork();
  if (server == 0) exec_server(launch);
  send(launch.status,
       server < 0 ? Message{Message::failed, errno} : Message{Message::started, server});
  close(launch.status);
  close(launch.log);
  if (server < 0) _exit(127);
  keep(launch, server);
}

}  // namespace

pid_t launch_kept_server(const ServerPlace& place, std::vector<std::string> argv) {
  const ExecImage image(std::move(argv));
  const auto fail = [&](int reason) {
    throw Error(
        ErrorKind::environment,
        fmt::format("cannot start {}{}: {}", image.program(),
                    place.user ? " as user " + place.user->name : "", std::strerror(reason)));
  };
  const UniqueFd log(
      open(place.log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.valid()) fail(errno);
  const UniqueFd start = open_lock_file(place.locks().start);
  const UniqueFd holders = open_lock_file(place.locks().holders);
  const UniqueFd watch = open_lock_file(place.locks().watch);
  Pipe status = make_pipe();
  const Launch launch{image,       place.user ? &*place.user : nullptr,
                      log.get(),   status.write_end.get(),
                      start.get(), holders.get(),
                      watch.get()};
  pid_t pid = 0;
  {
    const SignalsBlocked blocked;
    pid = fork();
    if (pid == 0) {
      // A child of a child, so that nobody but init has to collect the keeper.
      const pid_t keeper = fork();
      if (keeper == 0) run_keeper(launch);
      if (keeper < 0) send(launch.status, {Message::failed, errno});
      _exit(0);
    }
  }
  if (pid < 0) fail(errno);
  status.write_end.reset();
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_t server = 0;
  Message message{};
  for (;;) {
    const ssize_t n = read(status.read_end.get(), &message, sizeof message);
    if (n < 0 && errno == EINTR) continue;
    if (n != sizeof message) break;
    if (message.kind == Message::failed) fail(message.value);
    server = message.value;
  }
  return server;
}

}  // namespace pgtide
