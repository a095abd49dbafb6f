// Where the bytes of a script come from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace pgtide {

// A script as a stream of bytes, so that its size never decides how much memory is needed.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `buffer` from the front and returns how many bytes it wrote; 0 only at the end. Throws
  // Error(environment) when the bytes cannot be read.
  virtual std::size_t read(std::span<char> buffer) = 0;
};

// Everything that is left of `source`.
std::string read_all(ByteSource& source);

// A script that is already in memory: one stored in the ledger, or a test's.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min(buffer.size(), text_.size() - offset_);
    std::memcpy(buffer.data(), text_.data() + offset_, n);
    offset_ += n;
    return n;
  }

 private:
  std::string text_;
  std::size_t offset_ = 0;
};

}  // namespace pgtide
