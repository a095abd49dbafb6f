// The tokens of one statement, as far as pgtide has to tell them apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgtide::sql {

enum class TokenKind {
  word,         // a key word or an unquoted name
  quoted_name,  // "…", U&"…"
  string,       // '…', E'…', U&'…', B'…', X'…', N'…', $tag$…$tag$
  number,
  symbol,  // one byte of anything else
  end
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  // with its quotes
  std::size_t offset = 0;

  // Letter case does not count; `word` is written in upper case. Never true for a quoted name.
  bool is(std::string_view word) const;
  bool is_symbol(char c) const { return kind == TokenKind::symbol && text.front() == c; }
};

// Splits a statement lazily, skipping blanks and comments. Never fails: what is not closed ends
// with the text, and `open_token()` says where it began.
class TokenCursor {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  explicit TokenCursor(std::string_view text) : text_(text) {}

  Token next();
  // Offset of the quote or comment that the text ends in; `none` when there is none.
  std::size_t open_token() const { return open_; }

 private:
  void skip_blanks();
  void skip_block_comment();
  Token take(TokenKind kind, std::size_t end);
  Token quoted(TokenKind kind, std::size_t quote, char mark);
  Token escape_string(std::size_t quote);
  Token dollar();
  Token prefixed();
  std::size_t close_of_escape_string(std::size_t from) const;
  bool continued_after(std::size_t end, std::size_t& quote) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t open_ = none;
};

// What the literal stands for: '' and, in E'…', the simple backslash escapes are undone.
std::string literal_value(std::string_view literal);
// A name as the server folds it: unquoted names in lower case, quotes undone.
std::string folded_name(const Token& token);

}  // namespace pgtide::sql
