#include "adapters/file_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pgtide/error.hpp"

namespace pgtide::adapters {

FileSource::FileSource(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (file_ < 0) fail();
}

FileSource::~FileSource() {
  ::close(file_);
}

std::size_t FileSource::read(std::span<char> buffer) {
  while (true) {
    const ssize_t n = ::read(file_, buffer.data(), buffer.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) fail();
  }
}

void FileSource::fail() const {
  throw Error(ErrorKind::environment,
              fmt::format("cannot read {}: {}", path_, std::strerror(errno)),
              "check its permissions");
}

}  // namespace pgtide::adapters
