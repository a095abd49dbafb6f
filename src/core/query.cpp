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

// Also read by the schema's reader: definitions are written in these styles.
constexpr const char* set_own =
    "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), "
    "pg_catalog.set_config('quote_all_identifiers', 'off', true), "
    "pg_catalog.set_config('row_security', 'off', true), "
    "pg_catalog.set_config('standard_conforming_strings', 'on', true), "
    "pg_catalog.set_config('DateStyle', 'ISO, YMD', true), "
    "pg_catalog.set_config('IntervalStyle', 'postgres', true), "
    "pg_catalog.set_config('TimeZone', 'UTC', true), "
    "pg_catalog.set_config('extra_float_digits', '1', true), "
    "pg_catalog.set_config('bytea_output', 'hex', true), "
    "pg_catalog.set_config('statement_timeout', '0', true)";

}  // namespace

Query own_settings() {
  return {set_own};
}

std::string under_own_settings(const std::string& statements) {
  return std::string(set_own) + "; " + statements;
}

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
