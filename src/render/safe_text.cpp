#include "render/safe_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/file_name.hpp"
#include "pgtide/sql/position.hpp"

namespace pgtide::render {
namespace {

constexpr std::string_view ellipsis = "...";

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return length;
}

}  // namespace

std::string printable(std::string_view text) {
  return is_plain_ascii(text) ? std::string(text) : file_name::escaped(text);
}

std::string printable_lines(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t stop = std::min(text.find_first_of("\t\n"), text.size());
    const bool ends_line = stop < text.size() && text[stop] == '\n';
    const bool has_cr = ends_line && stop > 0 && text[stop - 1] == '\r';
    out += printable(text.substr(0, has_cr ? stop - 1 : stop));
    if (stop == text.size()) return out;
    out += text[stop];
    text.remove_prefix(stop + 1);
  }
}

std::size_t display_width(std::string_view line) {
  if (is_plain_ascii(line)) return line.size();
  // The caret behind the last character stands where the line ends.
  return sql::caret_line(line, line.size() + 1).size() - 1 -
         static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
         }));
}

std::string shortened(std::string_view line, std::size_t width) {
  if (display_width(line) <= width) return std::string(line);
  if (width <= ellipsis.size()) return std::string(ellipsis.substr(0, width));
  std::size_t kept = 0;
  std::size_t left = width - ellipsis.size();
  while (kept < line.size()) {
    const std::size_t length = character_length(line.substr(kept));
    const std::size_t columns = display_width(line.substr(kept, length));
    if (columns > left) break;
    left -= columns;
    kept += length;
  }
  return std::string(line.substr(0, kept)) + std::string(ellipsis);
}

std::string words(std::string_view identifier) {
  std::string out(identifier);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string field(std::size_t indent, std::string_view label, std::string_view text) {
  std::string body = printable_lines(text);
  while (!body.empty() && body.back() == '\n') body.pop_back();
  if (body.empty()) return {};
  const std::string margin(indent + label.size() + 2, ' ');
  for (std::size_t at = body.find('\n'); at != std::string::npos; at = body.find('\n', at + 1)) {
    const bool is_blank = at + 1 < body.size() && body[at + 1] == '\n';
    if (!is_blank) body.insert(at + 1, margin);
  }
  return fmt::format("{:{}}{}: {}\n", "", indent, label, body);
}

}  // namespace pgtide::render
