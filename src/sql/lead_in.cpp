#include "sql/lead_in.hpp"

#include <algorithm>

#include "sql/directive_line.hpp"

namespace pgtide::sql {

std::size_t LeadIn::skip_block_comment(std::string_view text, std::size_t from) {
  while (depth_ > 0) {
    from = text.find_first_of("*/", from);
    if (from == std::string_view::npos) return text.size();
    const std::string_view pair = text.substr(from, 2);
    if (pair == "/*") ++depth_;
    if (pair == "*/") --depth_;
    from += pair == "/*" || pair == "*/" ? 2 : 1;
  }
  comment_begin_.reset();
  return from;
}

std::size_t LeadIn::skip(std::string_view text) {
  comment_begin_.reset();
  directive_.reset();
  std::size_t at = skip_block_comment(text, 0);
  for (;;) {
    at = std::min(text.find_first_not_of(" \t\n\r\f", at), text.size());
    const std::string_view rest = text.substr(at);
    if (rest.empty()) return none;
    if (rest.starts_with("--")) {
      if (!directive_ && is_directive_line(rest)) directive_ = at;
      at = std::min(text.find_first_of("\r\n", at), text.size());
    } else if (rest.starts_with("/*")) {
      comment_begin_ = at;
      depth_ = 1;
      at = skip_block_comment(text, at + 2);
    } else {
      return at;
    }
  }
}

}  // namespace pgtide::sql
