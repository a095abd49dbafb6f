#include "pgtide/query.hpp"

#include <string_view>

namespace pgtide {
namespace {

// Appends `text` between quotes. In one string from the start: GCC 12 takes the insertion in
// `"E" + std::string` for an overlapping copy when it optimises, and warns.
void append_quoted(std::string& out, std::string_view text, char quote) {
  out += quote;
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
}

}  // namespace

std::string quote_identifier(const std::string& name) {
  std::string out;
  append_quoted(out, name, '"');
  return out;
}

std::string quote_literal(const std::string& text) {
  std::string out;
  if (text.find('\\') == std::string::npos) {
    append_quoted(out, text, '\'');
    return out;
  }
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += '\\';
    escaped += c;
  }
  out += 'E';
  append_quoted(out, escaped, '\'');
  return out;
}

}  // namespace pgtide
