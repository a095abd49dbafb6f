#include "adapters/embedded_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "pgtide/error.hpp"

namespace pgtide {

namespace {

// False when the folder was removed and made again since the file was opened.
bool still_at(int fd, const std::string& path) {
  struct stat opened {};
  struct stat current {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &current) == 0 &&
         opened.st_ino == current.st_ino && opened.st_dev == current.st_dev;
}

}  // namespace

UniqueFd open_lock_file(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    throw Error(ErrorKind::environment, fmt::format("cannot open {}: {}", path, strerror(errno)),
                "use a folder that belongs to you: --embedded=DIR");
  }
  return fd;
}

bool try_lock(int fd, LockMode mode) {
  const int operation = (mode == LockMode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  int result = 0;
  do {
    result = flock(fd, operation);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

UniqueFd lock_exclusively(const std::string& path, int seconds,
                          const std::function<void()>& waiting) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  bool told = false;
  UniqueFd fd = open_lock_file(path);
  for (;;) {
    if (try_lock(fd.get(), LockMode::exclusive)) {
      if (still_at(fd.get(), path)) return fd;
      fd = open_lock_file(path);
      continue;
    }
    const auto waited = Clock::now() - begin;
    if (waited > std::chrono::seconds(seconds)) {
      throw Error(ErrorKind::environment,
                  fmt::format("another process has held {} for {} s", path, seconds),
                  fmt::format("see who it is: fuser -v '{}'", path));
    }
    if (!told && waited > std::chrono::seconds(1)) {
      told = true;
      waiting();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace pgtide
