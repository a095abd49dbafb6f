// Reads one statement word by word: names, lists, key words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/sql/effect.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {

class StatementWords {
 public:
  explicit StatementWords(std::string_view text) : cursor_(text), token_(cursor_.next()) {}

  bool at(std::string_view word) const { return token_.is(word); }
  bool at_end() const { return token_.kind == TokenKind::end; }
  const Token& token() const { return token_; }
  void skip() { token_ = cursor_.next(); }

  bool take(std::string_view word) {
    if (!token_.is(word)) return false;
    skip();
    return true;
  }
  bool take_symbol(char c) {
    if (!token_.is_symbol(c)) return false;
    skip();
    return true;
  }
  bool take_if_exists() {
    if (!take("IF")) return false;
    take("NOT");
    take("EXISTS");
    return true;
  }

  // The parts of `a.b.c`, as the server folds them; empty when no name stands here.
  std::vector<std::string> name() {
    std::vector<std::string> parts;
    while (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted_name) {
      parts.push_back(base_name(token_.text));
      skip();
      if (!take_symbol('.')) break;
    }
    return parts;
  }

  // To the comma behind what stands here; false at the end of the statement, or of the parentheses
  // that this is in.
  bool skip_item() {
    std::size_t depth = 0;
    for (; !at_end(); skip()) {
      if (token_.is_symbol('(')) ++depth;
      if (token_.is_symbol(')') && depth-- == 0) return false;
      if (depth == 0 && take_symbol(',')) return true;
    }
    return false;
  }

 private:
  TokenCursor cursor_;
  Token token_;
};

}  // namespace pgtide::sql
