#include "file_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace pgtide::file_name {
namespace {

// Length of the printable character at the front of `text`, 0 when there is none.
std::size_t printable_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4U : first >= 0xE0 ? 3U : 2U;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  // Overlong spellings, surrogates, beyond U+10FFFF, and the control characters above U+007F.
  const unsigned char second = byte(1);
  const bool refused = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                       (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ||
                       (first == 0xC2 && second < 0xA0);
  return refused ? 0 : length;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_ignored(std::string_view name) {
  constexpr std::string_view extension = ".sql";
  constexpr std::string_view readme = "readme";
  if (name.starts_with('.') || name.size() < extension.size()) return true;
  return lower_case(name.substr(0, readme.size())) == readme ||
         lower_case(name.substr(name.size() - extension.size())) != extension;
}

std::string_view folder(std::string_view name) {
  return name.substr(0, name.rfind('/') + 1);
}

bool is_way_back(std::string_view rest) {
  const std::string lower = lower_case(rest);
  const auto ends = [&](std::string_view words) { return lower.ends_with(words); };
  return ends(".down") || ends(".undo") || ends(".rollback") || ends(".revert");
}

Parts split(std::string_view name) {
  const std::size_t stem = name.size() - std::string_view(".sql").size();
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), stem);
  return {std::string(name.substr(0, digits)), std::string(name.substr(digits, stem - digits)),
          std::string(name.substr(stem))};
}

bool is_printable(std::string_view name) {
  while (!name.empty()) {
    const std::size_t length = printable_length(name);
    if (length == 0) return false;
    name.remove_prefix(length);
  }
  return true;
}

std::string escaped(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t length = printable_length(name);
    if (length == 0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(name.front()));
    out += name.substr(0, length);
    name.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace pgtide::file_name
