#include "pgtide/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pgtide {

std::optional<Version> Version::parse(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > max_digits || !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (number == 0) return std::nullopt;
  return Version(number);
}

std::string Version::padded(std::size_t width) const {
  return fmt::format("{:0{}}", number_, std::min<std::size_t>(width, 64));
}

}  // namespace pgtide
