#include "render/place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "pgtide/redact.hpp"
#include "pgtide/sql/position.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t indent = 2;
constexpr std::size_t narrowest = 40;
constexpr std::size_t widest_lead = 16;
constexpr std::string_view ellipsis = "...";

// One element a character, each printable.
std::vector<std::string> characters(const std::string& line) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t next = at + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0U) == 0x80U) ++next;
    out.push_back(printable_lines(line.substr(at, next - at)));
    at = next;
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, std::size_t begin, std::size_t end) {
  std::string out;
  for (std::size_t i = begin; i < end; ++i) out += parts[i];
  return out;
}

std::string with_caret(const std::string& line, std::size_t caret_offset, const Style& style) {
  const std::string margin(indent, ' ');
  const std::string before = line.substr(0, caret_offset);
  const std::size_t characters_before =
      static_cast<std::size_t>(std::count_if(before.begin(), before.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
      }));
  std::string caret = sql::caret_line(line, characters_before + 1);
  caret.pop_back();
  return margin + line + "\n" + margin + caret + painted("^", Tone::bad, style) + "\n";
}

// Room is shared out evenly before and behind the caret.
std::string cut_around(std::vector<std::string> parts, std::size_t caret, std::size_t room,
                       const Style& style) {
  for (std::string& part : parts) {
    if (part == "\t") part = " ";
  }
  const auto width_of = [&](std::size_t i) { return display_width(parts[i]); };
  room -= 2 * ellipsis.size();
  std::size_t begin = std::min(caret, parts.size());
  std::size_t end = begin;
  std::size_t used = 0;
  while (begin > 0 && used + width_of(begin - 1) <= room / 2) used += width_of(--begin);
  while (end < parts.size() && used + width_of(end) <= room) used += width_of(end++);
  while (begin > 0 && used + width_of(begin - 1) <= room) used += width_of(--begin);
  const std::string head = begin > 0 ? std::string(ellipsis) : std::string();
  const std::string tail = end < parts.size() ? std::string(ellipsis) : std::string();
  const std::size_t before = head.size() + joined(parts, begin, std::min(caret, end)).size();
  return with_caret(head + joined(parts, begin, end) + tail, before, style);
}

// Where the character that `column` means in `text` stands once `text` was redacted.
std::size_t column_in(const std::string& redacted, const std::string& text, std::size_t column) {
  if (redacted == text || column == 0) return column;
  const std::vector<std::string> was = characters(text);
  const std::vector<std::string> is = characters(redacted);
  const auto [left, right] = std::mismatch(was.begin(), was.end(), is.begin(), is.end());
  const auto same = std::mismatch(was.rbegin(), was.rend(), is.rbegin(), is.rend()).first;
  const auto masked = static_cast<std::size_t>(left - was.begin());
  const auto behind = was.size() - static_cast<std::size_t>(same - was.rbegin());
  if (column <= masked) return column;
  return column > behind ? column + is.size() - was.size() : masked + 1;
}

}  // namespace

std::string place_prefix(const ScriptPosition& where) {
  if (where.file.empty()) return {};
  std::string out = printable(where.file);
  if (where.line > 0) out += fmt::format(":{}", where.line);
  if (where.line > 0 && where.column > 0) out += fmt::format(":{}", where.column);
  return out + ": ";
}

std::string excerpt(const std::string& unsafe_line, std::size_t column, const Style& style) {
  const std::string whole_line = redact(unsafe_line);
  column = column_in(whole_line, unsafe_line, column);
  const std::size_t first = whole_line.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  // What stands before a statement on its line is known as blanks only.
  const std::size_t left_out = first > widest_lead && column > first ? first : 0;
  const std::string source_line = whole_line.substr(left_out);
  if (left_out > 0) column -= left_out;
  const std::vector<std::string> parts = characters(source_line);
  const std::size_t caret = std::min(column > 0 ? column - 1 : 0, parts.size());
  const std::string line = joined(parts, 0, parts.size());
  const std::size_t room = std::max(style.width, narrowest) - indent;
  if (column == 0) return std::string(indent, ' ') + shortened(line, room) + "\n";
  if (display_width(line) > room) return cut_around(parts, caret, room, style);
  return with_caret(line, joined(parts, 0, caret).size(), style);
}

}  // namespace pgtide::render
