#include "wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace pgtide {

std::string list_of(const std::vector<std::string>& items, std::size_t most) {
  const std::size_t shown = items.size() > most ? most : items.size();
  const std::string more =
      items.size() > shown ? fmt::format("{} more", items.size() - shown) : std::string();
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_last = more.empty() && i + 1 == shown;
    if (i > 0) out += is_last ? " and " : ", ";
    out += items[i];
  }
  if (!more.empty()) out += (shown == 0 ? "" : " and ") + more;
  return out;
}

std::string labelled(std::string_view version_text, std::string_view name) {
  if (name.empty()) return std::string(version_text);
  return fmt::format("{} ({})", version_text, name);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string joined_path(std::string_view directory, std::string_view below) {
  if (directory.empty()) return std::string(below);
  while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
  std::string path;
  path.reserve(directory.size() + 1 + below.size());
  path += directory;
  if (!path.ends_with('/')) path += '/';
  return path += below;
}

}  // namespace pgtide
