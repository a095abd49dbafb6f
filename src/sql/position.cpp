#include "pgtide/sql/position.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sql/utf8.hpp"

namespace pgtide::sql {
namespace {

constexpr int utf8_encoding = 6;  // PG_UTF8; libpq's header does not name it
constexpr std::size_t longest_character = 4;

std::size_t display_width(std::string_view character) {
  std::array<char, longest_character + 1> padded{};  // libpq reads as far as the first byte tells
  std::memcpy(padded.data(), character.data(), std::min(character.size(), longest_character));
  const int width = PQdsplen(padded.data(), utf8_encoding);
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

}  // namespace

Position advance(const Position& begin, std::string_view text) {
  Position at = begin;
  at.offset += text.size();
  const std::size_t last = text.rfind('\n');
  if (last == std::string_view::npos) {
    at.column += count_characters(text);
    return at;
  }
  at.line += count_line_ends(text.substr(0, last + 1));
  at.column = 1 + count_characters(text.substr(last + 1));
  return at;
}

Position locate(std::string_view text, const Position& begin, std::size_t character) {
  std::size_t offset = 0;
  for (; character > 1 && offset < text.size(); --character) offset = next_character(text, offset);
  return sql::advance(begin, text.substr(0, offset));
}

std::string line_at(std::string_view text, const Position& begin, const Position& at) {
  const std::size_t inside =
      at.offset < begin.offset ? 0 : std::min(at.offset - begin.offset, text.size());
  const std::size_t before = inside == 0 ? std::string_view::npos : text.rfind('\n', inside - 1);
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  std::size_t end = std::min(text.find('\n', inside), text.size());
  if (end > start && text[end - 1] == '\r') --end;
  std::string line(before == std::string_view::npos ? begin.column - 1 : 0, ' ');
  line += text.substr(start, end - start);
  return line;
}

std::string caret_line(std::string_view line, std::size_t column) {
  std::string blanks;
  std::size_t offset = 0;
  for (std::size_t left = column > 0 ? column - 1 : 0; left > 0; --left) {
    if (offset >= line.size()) {
      blanks.append(left, ' ');
      break;
    }
    const std::size_t next = next_character(line, offset);
    if (line[offset] == '\t') {
      blanks += '\t';
    } else {
      blanks.append(display_width(line.substr(offset, next - offset)), ' ');
    }
    offset = next;
  }
  return blanks + "^";
}

}  // namespace pgtide::sql
