#include "adapters/whole_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace pgtide::adapters {
namespace {

bool write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

// A device may have no end, and must not be replaced.
bool is_something_else(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
}

}  // namespace

std::string text_of_file(const std::string& path) {
  if (is_something_else(path)) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string replace_file(const std::string& path, const std::string& text, mode_t mode) {
  if (is_something_else(path)) return "it is there and is no regular file";
  const std::string beside = fmt::format("{}.{}", path, ::getpid());
  const int file =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return std::strerror(errno);
  const bool written = write_all(file, text) && ::fchmod(file, mode) == 0;
  int why = errno;
  const bool closed = ::close(file) == 0;
  if (written && !closed) why = errno;
  if (written && closed && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  if (written && closed) why = errno;
  ::unlink(beside.c_str());
  return std::strerror(why);
}

}  // namespace pgtide::adapters
