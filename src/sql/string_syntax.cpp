#include "sql/string_syntax.hpp"

#include <algorithm>
#include <string>

#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

constexpr std::string_view setting = "standard_conforming_strings";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

std::string text_of(const Token& token) {
  return lower(token.kind == TokenKind::string ? literal_value(token.text) : folded_name(token));
}

// As the server reads a Boolean: any beginning of a word that is not another one's.
StringSyntax syntax_of(const Token& value) {
  const std::string text = text_of(value);
  const auto begins = [&](std::string_view word, std::size_t least) {
    return text.size() >= least && word.starts_with(text);
  };
  const bool off = begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0";
  return off ? StringSyntax::with_escapes : StringSyntax::standard;
}

std::optional<StringSyntax> set(TokenCursor& tokens) {
  Token token = tokens.next();
  if (token.is("SESSION") || token.is("LOCAL")) token = tokens.next();
  if (folded_name(token) != setting) return std::nullopt;
  token = tokens.next();
  if (!token.is_symbol('=') && !token.is("TO")) return std::nullopt;
  return syntax_of(tokens.next());
}

std::optional<StringSyntax> select(TokenCursor& tokens) {
  Token token = tokens.next();
  if (token.is("PG_CATALOG")) {
    tokens.next();  // the dot
    token = tokens.next();
  }
  if (!token.is("SET_CONFIG") || !tokens.next().is_symbol('(')) return std::nullopt;
  if (text_of(tokens.next()) != setting || !tokens.next().is_symbol(',')) return std::nullopt;
  return syntax_of(tokens.next());
}

std::optional<StringSyntax> reset(TokenCursor& tokens) {
  const Token token = tokens.next();
  if (!token.is("ALL") && folded_name(token) != setting) return std::nullopt;
  return StringSyntax::standard;
}

}  // namespace

std::optional<StringSyntax> string_syntax_after(std::string_view statement) {
  TokenCursor tokens(statement);
  const Token first = tokens.next();
  if (first.is("SET")) return set(tokens);
  if (first.is("SELECT")) return select(tokens);
  if (first.is("RESET") || first.is("DISCARD")) return reset(tokens);
  return std::nullopt;
}

}  // namespace pgtide::sql
