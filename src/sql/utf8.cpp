#include "sql/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pgtide::sql {
namespace {

constexpr bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The top bit of a byte is set when it is NUL or no ASCII (or, rarely, follows such a byte).
std::uint64_t suspicion(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, 8);
  return (word - ones) | word;
}

// Many bytes at once, because scripts are ASCII for long stretches.
std::size_t ascii_prefix(std::string_view bytes) {
  constexpr std::uint64_t tops = 0x8080808080808080U;
  constexpr std::size_t stride = 32;
  std::size_t i = 0;
  for (; i + stride <= bytes.size(); i += stride) {
    const char* at = bytes.data() + i;
    if (((suspicion(at) | suspicion(at + 8) | suspicion(at + 16) | suspicion(at + 24)) & tops) != 0)
      break;
  }
  while (i < bytes.size() && static_cast<unsigned char>(bytes[i] - 1) < 0x7F) ++i;
  return i;
}

// Blocks so short that their count fits a byte: those the compiler turns into vector instructions.
template <typename Predicate>
std::size_t count_bytes(std::string_view text, Predicate predicate) {
  constexpr std::size_t block = 240;
  std::size_t count = 0;
  for (; text.size() >= block; text.remove_prefix(block)) {
    std::uint8_t in_block = 0;
    for (std::size_t i = 0; i < block; ++i) {
      in_block = static_cast<std::uint8_t>(in_block + (predicate(text[i]) ? 1 : 0));
    }
    count += in_block;
  }
  return count + static_cast<std::size_t>(std::count_if(text.begin(), text.end(), predicate));
}

}  // namespace

bool Utf8Validator::start(unsigned char byte) {
  low_ = 0x80;
  high_ = 0xBF;
  if (byte >= 0xC2 && byte <= 0xDF) {
    missing_ = 1;
  } else if ((byte & 0xF0U) == 0xE0) {
    missing_ = 2;
    if (byte == 0xE0) low_ = 0xA0;   // shorter forms exist
    if (byte == 0xED) high_ = 0x9F;  // surrogates
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    missing_ = 3;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;  // above U+10FFFF
  } else {
    return false;
  }
  seen_ = 1;
  return true;
}

std::size_t Utf8Validator::feed(std::string_view bytes) {
  std::size_t i = 0;
  while (verdict_ == Verdict::good) {
    if (missing_ == 0) i += ascii_prefix(bytes.substr(i));
    if (i == bytes.size()) break;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (missing_ == 0) {
      if (!start(byte)) verdict_ = byte == 0 ? Verdict::nul : Verdict::invalid;
    } else if (byte < low_ || byte > high_) {
      verdict_ = Verdict::invalid;
    } else {
      low_ = 0x80;
      high_ = 0xBF;
      ++seen_;
      if (--missing_ == 0) seen_ = 0;
    }
    if (verdict_ == Verdict::good) ++i;
  }
  return i;
}

void Utf8Validator::finish() {
  if (missing_ != 0) verdict_ = Verdict::invalid;
}

std::size_t count_characters(std::string_view text) {
  return count_bytes(text, [](char c) { return !continues(c); });
}

std::size_t count_line_ends(std::string_view text) {
  return count_bytes(text, [](char c) { return c == '\n'; });
}

std::size_t next_character(std::string_view text, std::size_t offset) {
  ++offset;
  while (offset < text.size() && continues(text[offset])) ++offset;
  return std::min(offset, text.size());
}

}  // namespace pgtide::sql
