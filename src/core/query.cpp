#include "pgtide/query.hpp"

namespace pgtide {
namespace {

std::string quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
  return out;
}

}  // namespace

std::string quote_identifier(const std::string& name) { return quoted(name, '"'); }

std::string quote_literal(const std::string& text) {
  if (text.find('\\') == std::string::npos) return quoted(text, '\'');
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += '\\';
    escaped += c;
  }
  return "E" + quoted(escaped, '\'');
}

}  // namespace pgtide
