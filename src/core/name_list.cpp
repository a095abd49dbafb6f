#include "core/name_list.hpp"

#include <algorithm>

#include "pgtide/query.hpp"

namespace pgtide {
namespace {

constexpr std::string_view blanks = " \t\r\n";

// The comma that ends the first name of `text`, or its end.
std::size_t end_of_name(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == ',' && !quoted) return at;
  }
  return text.size();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// Empty when it is no name.
std::string name_of(std::string_view written) {
  if (!written.starts_with('"')) {
    return written.find('"') == std::string_view::npos ? std::string(written) : std::string();
  }
  if (written.size() < 2 || !written.ends_with('"')) return {};
  written = written.substr(1, written.size() - 2);
  std::string name;
  for (std::size_t at = 0; at < written.size(); ++at) {
    if (written[at] == '"' && written.substr(at, 2) != "\"\"") return {};
    if (written[at] == '"') ++at;
    name += written[at];
  }
  return name;
}

}  // namespace

std::optional<std::vector<std::string>> names_in_list(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t end = end_of_name(text);
    names.push_back(name_of(trimmed(text.substr(0, end))));
    if (names.back().empty()) return std::nullopt;
    if (end == text.size()) return names;
    text.remove_prefix(end + 1);
  }
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += quote_identifier(name);
  }
  return out;
}

}  // namespace pgtide
