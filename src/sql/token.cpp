#include "sql/token.hpp"

#include <algorithm>

namespace pgtide::sql {
namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool starts_word(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool continues_tag(char c) {
  return starts_word(c) || is_digit(c);
}
constexpr bool continues_word(char c) {
  return continues_tag(c) || c == '$';
}

template <typename Predicate>
std::size_t run_end(std::string_view text, std::size_t from, Predicate belongs) {
  while (from < text.size() && belongs(text[from])) ++from;
  return from;
}

}  // namespace

bool Token::is(std::string_view word) const {
  return kind == TokenKind::word && text.size() == word.size() &&
         std::equal(text.begin(), text.end(), word.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

void TokenCursor::skip_block_comment() {
  const std::size_t begin = at_;
  std::size_t depth = 1;
  at_ += 2;
  while (depth > 0) {
    const std::size_t mark = text_.find_first_of("*/", at_);
    if (mark == std::string_view::npos) {
      at_ = text_.size();
      open_ = begin;
      return;
    }
    const std::string_view pair = text_.substr(mark, 2);
    depth = pair == "/*" ? depth + 1 : pair == "*/" ? depth - 1 : depth;
    at_ = mark + (pair == "/*" || pair == "*/" ? 2 : 1);
  }
}

void TokenCursor::skip_blanks() {
  for (;;) {
    at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("--")) {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else if (rest.starts_with("/*")) {
      skip_block_comment();
    } else {
      return;
    }
  }
}

Token TokenCursor::take(TokenKind kind, std::size_t end) {
  const Token token{kind, text_.substr(at_, end - at_), at_};
  at_ = end;
  return token;
}

Token TokenCursor::quoted(TokenKind kind, std::size_t quote, char mark) {
  std::size_t end = quote + 1;
  for (;;) {
    end = text_.find(mark, end);
    if (end == std::string_view::npos) {
      open_ = at_;
      return take(kind, text_.size());
    }
    if (!text_.substr(end + 1).starts_with(mark)) return take(kind, end + 1);
    end += 2;
  }
}

// Offset after the closing quote, `none` when there is none.
std::size_t TokenCursor::close_of_escape_string(std::size_t from) const {
  for (;;) {
    from = text_.find_first_of("'\\", from);
    if (from == std::string_view::npos) return none;
    if (text_[from] == '\'' && !text_.substr(from + 1).starts_with('\'')) return from + 1;
    from += 2;
    if (from > text_.size()) return none;
  }
}

// 'a' and 'b' with a line break between them are one literal, and the escapes go on in the second.
bool TokenCursor::continued_after(std::size_t end, std::size_t& quote) const {
  TokenCursor rest(text_);
  rest.at_ = end;
  bool line_break = false;
  for (;;) {
    const std::size_t from = rest.at_;
    rest.at_ = std::min(text_.find_first_not_of(blanks, from), text_.size());
    const auto gap = text_.substr(from, rest.at_ - from);
    line_break = line_break || gap.find_first_of("\r\n") != std::string_view::npos;
    if (!text_.substr(rest.at_).starts_with("--")) break;
    rest.at_ = std::min(text_.find_first_of("\r\n", rest.at_), text_.size());
  }
  quote = rest.at_;
  return line_break && text_.substr(quote).starts_with('\'');
}

Token TokenCursor::escape_string(std::size_t quote) {
  for (;;) {
    const std::size_t end = close_of_escape_string(quote + 1);
    if (end == none) {
      open_ = at_;
      return take(TokenKind::string, text_.size());
    }
    if (!continued_after(end, quote)) return take(TokenKind::string, end);
  }
}

Token TokenCursor::dollar() {
  const std::size_t after_tag = run_end(text_, at_ + 1, continues_tag);
  const bool is_tag = after_tag < text_.size() && text_[after_tag] == '$' &&
                      !(after_tag > at_ + 1 && is_digit(text_[at_ + 1]));
  if (!is_tag) return take(TokenKind::symbol, at_ + 1);
  const std::string_view tag = text_.substr(at_, after_tag + 1 - at_);
  const std::size_t close = text_.find(tag, after_tag + 1);
  if (close == std::string_view::npos) {
    open_ = at_;
    return take(TokenKind::string, text_.size());
  }
  return take(TokenKind::string, close + tag.size());
}

// Words, and the literals and names that a letter introduces: E'…', B'…', X'…', N'…', U&'…', U&"…".
Token TokenCursor::prefixed() {
  const char letter = lower(text_[at_]);
  const std::string_view rest = text_.substr(at_ + 1);
  if (letter == 'e' && rest.starts_with('\'')) return escape_string(at_ + 1);
  if ((letter == 'b' || letter == 'x' || letter == 'n') && rest.starts_with('\'')) {
    return quoted(TokenKind::string, at_ + 1, '\'');
  }
  if (letter == 'u' && rest.starts_with("&'")) return quoted(TokenKind::string, at_ + 2, '\'');
  if (letter == 'u' && rest.starts_with("&\"")) {
    return quoted(TokenKind::quoted_name, at_ + 2, '"');
  }
  return take(TokenKind::word, run_end(text_, at_, continues_word));
}

Token TokenCursor::next() {
  skip_blanks();
  if (at_ >= text_.size()) return {TokenKind::end, {}, text_.size()};
  const char c = text_[at_];
  if (starts_word(c)) return prefixed();
  if (c == '\'') return quoted(TokenKind::string, at_, '\'');
  if (c == '"') return quoted(TokenKind::quoted_name, at_, '"');
  if (c == '$') return dollar();
  if (is_digit(c)) {
    const auto belongs = [](char d) { return continues_tag(d) || d == '.'; };
    return take(TokenKind::number, run_end(text_, at_, belongs));
  }
  return take(TokenKind::symbol, at_ + 1);
}

std::string literal_value(std::string_view literal) {
  if (literal.starts_with('$')) {
    const std::size_t tag = literal.find('$', 1) + 1;
    return std::string(literal.substr(tag, literal.size() - std::min(literal.size(), 2 * tag)));
  }
  const bool escapes = !literal.empty() && lower(literal.front()) == 'e';
  std::string value;
  for (std::size_t i = literal.find('\'') + 1; i + 1 < literal.size(); ++i) {
    const bool doubled = literal[i] == '\'';
    if (doubled || (escapes && literal[i] == '\\')) ++i;
    if (i + 1 < literal.size()) value += literal[i];
  }
  return value;
}

std::string folded_name(const Token& token) {
  std::string name;
  if (token.kind != TokenKind::quoted_name) {
    std::transform(token.text.begin(), token.text.end(), std::back_inserter(name), lower);
    return name;
  }
  for (std::size_t i = token.text.find('"') + 1; i + 1 < token.text.size(); ++i) {
    if (token.text[i] == '"') ++i;
    name += token.text[i];
  }
  return name;
}

}  // namespace pgtide::sql
