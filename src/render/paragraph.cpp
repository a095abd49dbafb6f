#include "render/paragraph.hpp"

#include <algorithm>

#include "render/safe_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t indent = 2;

}  // namespace

std::string paragraph(std::string_view label, const std::string& text, const Style& style) {
  const std::string prefix = std::string(indent, ' ') + std::string(label) + ": ";
  const std::string margin(prefix.size(), ' ');
  const std::string clean = printable(text);
  std::string out;
  std::string line = prefix;
  bool is_begin = true;
  for (std::size_t at = 0; at < clean.size();) {
    const std::size_t end = std::min(clean.find(' ', at), clean.size());
    const std::string word = clean.substr(at, end - at);
    at = end + 1;
    if (!is_begin && display_width(line) + 1 + display_width(word) > style.width) {
      out += line + "\n";
      line = margin;
      is_begin = true;
    }
    line += (is_begin ? "" : " ") + word;
    is_begin = false;
  }
  return out + line + "\n";
}

}  // namespace pgtide::render
