#include "engine/error_place.hpp"

#include <charconv>
#include <regex>
#include <sstream>

#include "pgtide/sql/effect.hpp"
#include "pgtide/sql/position.hpp"
#include "sql/do_block.hpp"
#include "sql/token.hpp"

namespace pgtide::engine {
namespace {

// The first number of `line` from `from` on.
std::optional<std::size_t> number_in(std::string_view line, std::size_t from) {
  const std::size_t begin = line.find_first_of("0123456789", from);
  if (begin == std::string_view::npos) return std::nullopt;
  std::size_t number = 0;
  const char* const first = line.data() + begin;
  const auto parsed = std::from_chars(first, line.data() + line.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Messages are in the server's language, so only the name and the number count. The frame of the
// script's own DO block is the outermost, which stands last.
std::optional<std::size_t> line_in_do_block(const std::string& context) {
  constexpr std::string_view name = "inline_code_block";
  std::optional<std::size_t> found;
  std::istringstream lines(context);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(name);
    if (at == std::string::npos) continue;
    if (const auto number = number_in(line, at + name.size())) found = number;
  }
  return found;
}

// Characters of one word have no place between them.
bool is_part_of_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

// EXECUTE, EXPLAIN EXECUTE, CREATE TABLE AS EXECUTE, FETCH and MOVE run a text that was given
// before, and a place may be one of that text. What is their own stands in parentheses.
bool is_of_another_text(std::string_view text, std::size_t offset) {
  sql::TokenCursor tokens(text);
  bool explains = false;
  bool may_be = false;
  sql::Token before = {};
  for (sql::Token token = tokens.next(); token.kind != sql::TokenKind::end && token.offset < offset;
       token = tokens.next()) {
    if (may_be && token.is_symbol('(')) return false;
    const bool is_first = before.kind == sql::TokenKind::end;
    if (is_first) explains = token.is("EXPLAIN");
    if (is_first && (token.is("FETCH") || token.is("MOVE"))) may_be = true;
    if (token.is("EXECUTE") && (is_first || explains || before.is("AS"))) may_be = true;
    before = token;
  }
  return may_be;
}

// Whether `offset` is a place of `text`, in which the server has found something.
bool is_meant(std::string_view text, std::size_t offset, const ports::ServerMessage& error) {
  constexpr std::string_view syntax_error = "42601";
  if (error.sqlstate == syntax_error) return true;  // may be at its end, and inside of a string
  if (offset >= text.size()) return false;
  if (offset > 0 && is_part_of_word(text[offset - 1]) && is_part_of_word(text[offset]))
    return false;
  return std::string_view(" \t\r\n,;)").find(text[offset]) == std::string_view::npos &&
         !is_of_another_text(text, offset);
}

// The name of the table in `COPY table …`, as the server spells it in a context.
std::string copied_table(std::string_view statement) {
  sql::TokenCursor tokens(statement);
  tokens.next();
  sql::Token token = tokens.next();
  if (token.is("BINARY")) token = tokens.next();
  std::string name;
  for (;; token = tokens.next()) {
    const bool is_name =
        token.kind == sql::TokenKind::word || token.kind == sql::TokenKind::quoted_name;
    if (!is_name) return name;
    name = sql::base_name(token.text);
    if (!tokens.next().is_symbol('.')) return name;
  }
}

}  // namespace

sql::Position place_of(const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error) {
  if (error.position > 0) {
    const sql::Position at = sql::locate(text, begin, error.position);
    return is_meant(text, at.offset - begin.offset, error) ? at : begin;
  }
  const auto line = line_in_do_block(error.context);
  if (!line) return begin;
  return sql::locate_in_do_block(
             text, begin,
             {.line = *line, .query = error.internal_query, .character = error.internal_position})
      .value_or(begin);
}

std::optional<CopyContext> place_in_copy(const std::string& context, std::string_view statement) {
  constexpr std::size_t longest = 2000;  // the server shows about a hundred characters of the data
  const std::string head = "COPY " + copied_table(statement) + ", ";
  static const std::regex usual("\\S+ ([0-9]+)(?:, \\S+ .*?: \"(.*)\")?(?:[,:].*)?");
  std::optional<CopyContext> translated;
  std::istringstream lines(context);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(head) && line.size() < longest) {
      const std::string rest = line.substr(head.size());
      std::smatch match;
      if (std::regex_match(rest, match, usual)) return CopyContext{std::stoul(match[1]), match[2]};
    }
    const std::size_t at = line.find("COPY");
    const auto number = at == std::string::npos ? std::nullopt : number_in(line, at);
    if (number) translated = CopyContext{*number, {}};
  }
  return translated;
}

std::size_t find_field(std::string_view line, std::string_view value) {
  constexpr std::size_t none = std::string_view::npos;
  if (value.empty()) return 0;
  std::size_t found = none;
  const auto bounds = [&](std::size_t at) {
    return at == none || at >= line.size() || std::string_view("\t,;|\"").find(line[at]) != none;
  };
  for (std::size_t at = line.find(value); at != none; at = line.find(value, at + 1)) {
    if (!bounds(at == 0 ? none : at - 1) || !bounds(at + value.size())) continue;
    if (found != none) return 0;
    found = at;
  }
  return found == none ? 0 : found;
}

}  // namespace pgtide::engine
