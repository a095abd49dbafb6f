// The bytes of a script on their way to the lexer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pgtide/byte_source.hpp"
#include "pgtide/checksum.hpp"
#include "sql/utf8.hpp"

namespace pgtide::sql {

// A window of checked bytes over a ByteSource. Bytes stay in memory until they are consumed and
// the next fill() comes; a byte-order mark at the very start is consumed at once. Lines end with
// LF: a script does the same whatever its line ends are, as its checksum promises, also in the
// bodies of functions, in strings and in the data of a COPY.
class ScriptBuffer {
 public:
  static constexpr std::size_t chunk = std::size_t{64} * 1024;
  static constexpr std::size_t first_chunk = std::size_t{4} * 1024;

  explicit ScriptBuffer(ByteSource& source);

  // What was read and not consumed. Only whole characters that PostgreSQL accepts.
  std::string_view window() const;
  // Where the window begins in the source, with LF for CRLF.
  std::size_t offset() const { return base_ + head_; }
  // Reads about `chunk` bytes more; invalidates views. No effect at the end.
  void fill();
  // Nothing will come after the window: the source is exhausted, or `bad()` follows.
  bool at_end() const { return at_end_; }
  void consume(std::size_t bytes) { head_ += bytes; }

  // Why the bytes after the window cannot be a script.
  struct Bad {
    std::string message;
    std::string hint;
  };
  std::optional<Bad> bad() const;
  // The line around an offset, when it is in memory as a whole. Without its line end.
  std::optional<std::string_view> line_around(std::size_t offset) const;
  // Of the whole source: reads what is left of it.
  Checksum finish_checksum();

 private:
  void drop_consumed();
  std::size_t read_into(std::size_t from);
  void turn_line_ends(std::size_t from);

  ByteSource* source_;
  ChecksumStream checksum_{ChecksumForms::usual};
  Utf8Validator validator_;
  std::string bytes_;
  std::size_t base_ = 0;   // offset of bytes_[0] in the source
  std::size_t head_ = 0;   // first byte that is not consumed
  std::size_t valid_ = 0;  // end of the checked bytes
  bool at_end_ = false;
  bool exhausted_ = false;
  bool utf16_ = false;
};

}  // namespace pgtide::sql
