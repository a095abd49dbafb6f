// UTF-8, byte by byte.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgtide::sql {

// Checks a stream of bytes for what PostgreSQL accepts as UTF-8: no overlong forms, no surrogates,
// nothing above U+10FFFF, no NUL. A character may be split over two calls.
class Utf8Validator {
 public:
  enum class Verdict { good, nul, invalid };

  // How many of `bytes`, from the front, belong to complete good characters or start a good one.
  // Stops at the first bad byte; `verdict()` says which kind it is.
  std::size_t feed(std::string_view bytes);
  // At the end of the stream: a character that was never finished is invalid.
  void finish();

  Verdict verdict() const { return verdict_; }
  // Bytes of the character that is not complete yet: they precede what feed() is given next.
  std::size_t unfinished() const { return seen_; }

 private:
  bool start(unsigned char byte);

  Verdict verdict_ = Verdict::good;
  std::size_t seen_ = 0;      // bytes of the current character
  std::size_t missing_ = 0;   // bytes that it still needs
  unsigned char low_ = 0x80;  // range of its next byte
  unsigned char high_ = 0xBF;
};

// Characters (code points) in `text`: the bytes that do not continue one.
std::size_t count_characters(std::string_view text);
std::size_t count_line_ends(std::string_view text);

// Offset of the first byte of the character after the one that starts at `offset`.
std::size_t next_character(std::string_view text, std::size_t offset);

}  // namespace pgtide::sql
