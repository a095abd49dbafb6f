#include "sql/byte_order_marks.hpp"

#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

constexpr std::string_view mark_bytes = "\xEF\xBB\xBF";

}  // namespace

std::optional<std::size_t> misplaced_byte_order_mark(std::string_view statement) {
  if (statement.find(mark_bytes) == std::string_view::npos) return std::nullopt;
  TokenCursor tokens(statement);
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.kind == TokenKind::string || token.kind == TokenKind::quoted_name) continue;
    const std::size_t at = token.text.find(mark_bytes);
    if (at == std::string_view::npos) continue;
    return token.offset + at;
  }
  return std::nullopt;
}

}  // namespace pgtide::sql
