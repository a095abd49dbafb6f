#include "sql/directive_line.hpp"

#include <algorithm>

namespace pgtide::sql {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view marker = "pgtide";

std::size_t skip_blanks(std::string_view line, std::size_t at) {
  return std::min(line.find_first_not_of(blanks, at), line.size());
}

// `lower` is in lower case.
bool is_word(std::string_view word, std::string_view lower) {
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// Offset of what stands behind the dashes; 0 when the line is no comment.
std::size_t comment_text(std::string_view line) {
  const std::size_t at = skip_blanks(line, 0);
  return line.substr(at).starts_with("--") ? skip_blanks(line, at + 2) : 0;
}

}  // namespace

std::size_t foreign_way_back(std::string_view line) {
  const std::size_t at = comment_text(line);
  if (at == 0) return 0;
  std::string_view text = line.substr(at);
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  for (const std::string_view words : {"+goose down", "migrate:down", "+migrate down", "//@undo"}) {
    if (is_word(text.substr(0, words.size()), words)) return at;
  }
  return 0;
}

std::size_t directive_body(std::string_view line) {
  std::size_t at = comment_text(line);
  if (at == 0 || !is_word(line.substr(at, marker.size()), marker)) return 0;
  at = skip_blanks(line, at + marker.size());
  return line.substr(at).starts_with(':') ? at + 1 : 0;
}

bool is_directive_line(std::string_view line) {
  return directive_body(line) != 0 || foreign_way_back(line) != 0;
}

}  // namespace pgtide::sql
