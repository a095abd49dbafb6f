#include "adapters/settings_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pgtide::adapters {

std::optional<bool> parse_switch(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return std::nullopt;
}

std::string show_duration(std::chrono::milliseconds value) {
  const auto ms = value.count();
  if (ms == 0) return "0";
  constexpr std::array<std::pair<long, const char*>, 3> units{
      {{3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}}};
  for (const auto& [size, unit] : units) {
    if (ms % size == 0) return fmt::format("{}{}", ms / size, unit);
  }
  return fmt::format("{}ms", ms);
}

std::string name_problem(std::string_view name, std::size_t max_bytes) {
  if (name.find('\0') != std::string_view::npos) return "holds a NUL character";
  if (name.size() > max_bytes) {
    return fmt::format("is {} bytes long, at most {} are possible: `{}`", name.size(), max_bytes,
                       name);
  }
  return {};
}

}  // namespace pgtide::adapters
