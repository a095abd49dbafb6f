#include "sql/directive_line.hpp"

#include <algorithm>

namespace pgtide::sql {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view frame = " \t\r\n-=#*!@/+:|<>~%_[](){}";  // of a heading
constexpr std::string_view marker = "pgtide";

std::size_t skip_blanks(std::string_view line, std::size_t at) {
  return std::min(line.find_first_not_of(blanks, at), line.size());
}

// `lower` is in lower case.
bool is_word(std::string_view word, std::string_view lower) {
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

bool begins_with(std::string_view text, std::string_view lower) {
  return is_word(text.substr(0, lower.size()), lower);
}

// Offset of what stands behind the dashes; 0 when the line is no comment.
std::size_t comment_text(std::string_view line) {
  const std::size_t at = skip_blanks(line, 0);
  return line.substr(at).starts_with("--") ? skip_blanks(line, at + 2) : 0;
}

// A heading without what is drawn around it.
struct Heading {
  std::string_view before;
  std::string_view words;
};

Heading heading_of(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(frame), text.size());
  const std::size_t end = text.find_last_not_of(frame) + 1;
  return {text.substr(0, begin), text.substr(begin, std::max(begin, end) - begin)};
}

// What follows the first word of `text`, from the character behind it on.
std::string_view after_word(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
  return text.substr(static_cast<std::size_t>(end - text.begin()));
}

bool is_first_word(std::string_view text, std::string_view lower) {
  return begins_with(text, lower) &&
         (text.size() == lower.size() || frame.find(text[lower.size()]) != std::string_view::npos);
}

// `+goose Down`, `+migrate Down`, `+micrate Down`; `migrate:down`.
bool is_down_of_a_tool(const Heading& heading) {
  const std::string_view rest = after_word(heading.words);
  if (rest.size() == heading.words.size() || rest.empty()) return false;
  if (rest.front() == ':') return is_first_word(rest.substr(1), "down");
  return heading.before.ends_with('+') &&
         is_first_word(rest.substr(std::min(rest.find_first_not_of(blanks), rest.size())), "down");
}

}  // namespace

bool begins_foreign_way_back(std::string_view line) {
  const std::size_t at = comment_text(line);
  const bool number_sign = at == 0 && line.substr(skip_blanks(line, 0)).starts_with('#');
  if (at == 0 && !number_sign) return false;
  const Heading heading = heading_of(line.substr(at));
  const auto drawn = [&](char c) { return heading.before.find(c) != std::string_view::npos; };
  if (drawn('!') && is_first_word(heading.words, "downs")) return true;  // Play, with `#` too
  if (number_sign) return false;
  return (drawn('@') && is_first_word(heading.words, "undo")) ||     // MyBatis
         begins_with(heading.words, "create above / drop below") ||  // tern
         is_word(heading.words, "rambler down") || is_down_of_a_tool(heading);
}

bool is_way_back_heading(std::string_view line) {
  const std::size_t at = comment_text(line);
  if (at == 0) return false;
  const std::string_view words = heading_of(line.substr(at)).words;
  if (is_word(words, "down")) return true;  // shmig, and whoever writes by hand
  if (!is_first_word(words, "down")) return false;
  const std::string_view rest = after_word(words);
  return begins_with(rest.substr(std::min(rest.find_first_not_of(blanks), rest.size())),
                     "migration");  // node-pg-migrate
}

std::size_t directive_body(std::string_view line) {
  std::size_t at = comment_text(line);
  if (at == 0 || !is_word(line.substr(at, marker.size()), marker)) return 0;
  at = skip_blanks(line, at + marker.size());
  return line.substr(at).starts_with(':') ? at + 1 : 0;
}

bool is_directive_line(std::string_view line) {
  return directive_body(line) != 0 || begins_foreign_way_back(line);
}

}  // namespace pgtide::sql
