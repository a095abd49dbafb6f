// What stands before the first token of a statement.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pgtide::sql {

// Skips blanks and comments as psql's lexer does, over any number of pieces of whole lines.
class LeadIn {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  // Offset of the first byte of `text` that is neither blank nor comment; `none` when all is.
  std::size_t skip(std::string_view text);
  // A block comment is open.
  bool in_comment() const { return depth_ > 0; }
  // Where in the text skipped last the open block comment began, when it began there.
  std::optional<std::size_t> comment_begin() const { return comment_begin_; }
  // Where in the text skipped last a `--` comment began that reads like a directive.
  std::optional<std::size_t> directive() const { return directive_; }

 private:
  std::size_t skip_block_comment(std::string_view text, std::size_t from);

  std::size_t depth_ = 0;
  std::optional<std::size_t> comment_begin_;
  std::optional<std::size_t> directive_;
};

}  // namespace pgtide::sql
