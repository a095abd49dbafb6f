#include "sql/unterminated.hpp"

#include <vector>

#include "pgtide/sql/position.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {

std::string unterminated_message(PsqlLexer::Open open) {
  switch (open) {
    case PsqlLexer::Open::comment:
      return "a comment that begins here never ends";
    case PsqlLexer::Open::single_quote:
      return "a string that begins here never ends";
    case PsqlLexer::Open::double_quote:
      return "a quoted name that begins here never ends";
    case PsqlLexer::Open::dollar_quote:
      return "a dollar-quoted string that begins here never ends";
    case PsqlLexer::Open::parenthesis:
      return "a parenthesis that opens here is never closed";
    case PsqlLexer::Open::begin_atomic:
      return "the BEGIN ATOMIC body of this statement never ends";
    case PsqlLexer::Open::nothing:
      break;
  }
  return {};
}

std::string unterminated_hint(std::string_view text) {
  if (!text.starts_with('\'')) return {};
  return "write '' for a quote in a string; a backslash escapes nothing there, only in E'…'";
}

Position find_unterminated(PsqlLexer::Open open, std::string_view text, const Position& begin) {
  if (open == PsqlLexer::Open::begin_atomic) return begin;
  TokenCursor tokens(text);
  std::vector<std::size_t> parentheses;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is_symbol('(')) parentheses.push_back(token.offset);
    if (token.is_symbol(')') && !parentheses.empty()) parentheses.pop_back();
  }
  std::size_t at = tokens.open_token();
  if (open == PsqlLexer::Open::parenthesis && !parentheses.empty()) at = parentheses.front();
  return at == TokenCursor::none ? begin : sql::advance(begin, text.substr(0, at));
}

}  // namespace pgtide::sql
