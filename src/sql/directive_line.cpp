#include "sql/directive_line.hpp"

#include <algorithm>

namespace pgtide::sql {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view marker = "pgtide";

std::size_t skip_blanks(std::string_view line, std::size_t at) {
  return std::min(line.find_first_not_of(blanks, at), line.size());
}

bool is_marker(std::string_view word) {
  return std::equal(word.begin(), word.end(), marker.begin(), marker.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

std::size_t directive_body(std::string_view line) {
  std::size_t at = skip_blanks(line, 0);
  if (!line.substr(at).starts_with("--")) return 0;
  at = skip_blanks(line, at + 2);
  if (!is_marker(line.substr(at, marker.size()))) return 0;
  at = skip_blanks(line, at + marker.size());
  return line.substr(at).starts_with(':') ? at + 1 : 0;
}

bool is_directive_line(std::string_view line) {
  return directive_body(line) != 0;
}

}  // namespace pgtide::sql
