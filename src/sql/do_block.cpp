#include "sql/do_block.hpp"

#include <algorithm>

#include "pgtide/sql/position.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

constexpr std::size_t none = std::string_view::npos;
// PostgreSQL 13 makes a query of an expression.
constexpr std::string_view before_expression = "SELECT ";

// Offset of the first byte of the body; none when there is none.
std::size_t body_begin(std::string_view text) {
  TokenCursor tokens(text);
  if (!tokens.next().is("DO")) return none;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.kind != TokenKind::string) continue;
    const char quote = token.text.starts_with('$') ? '$' : '\'';
    const std::size_t open = token.text.find(quote, quote == '$' ? 1 : 0);
    return open == none ? none : token.offset + open + 1;
  }
  return none;
}

// Where the query stands in the statement that begins at `from`; a later statement may hold the
// same text.
std::size_t find_query(std::string_view text, std::size_t from, std::string_view query) {
  const std::size_t found = query.empty() ? none : text.find(query, from);
  if (found == none) return none;
  return text.substr(from, found - from).find(';') == none ? found : none;
}

}  // namespace

std::optional<Position> locate_in_do_block(std::string_view text, const Position& begin,
                                           const BodyPlace& place) {
  std::size_t at = body_begin(text);
  if (at == none) return std::nullopt;
  for (std::size_t line = 1; line < place.line; ++line) {
    const std::size_t end = text.find('\n', at);
    if (end == none) return std::nullopt;
    at = end + 1;
  }
  at = std::min(text.find_first_not_of(" \t\r", at), text.size());
  const Position line_begin = sql::advance(begin, text.substr(0, at));
  std::string_view query = place.query;
  std::size_t character = place.character;
  std::size_t found = find_query(text, at, query);
  if (found == none && query.starts_with(before_expression)) {
    query.remove_prefix(before_expression.size());
    character -= std::min(character, before_expression.size());
    found = find_query(text, at, query);
  }
  if (found == none || character == 0) return line_begin;
  return sql::locate(query, sql::advance(begin, text.substr(0, found)), character);
}

}  // namespace pgtide::sql
