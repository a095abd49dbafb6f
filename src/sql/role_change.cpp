#include "sql/role_change.hpp"

#include "sql/statement_words.hpp"

namespace pgtide::sql {
namespace {

std::string lowered(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

bool is_authorization(StatementWords& words) {
  return words.take("SESSION") && words.at("AUTHORIZATION");
}

// Behind SET.
std::string set(StatementWords words) {
  if (words.take("LOCAL")) {
    if (is_authorization(words)) return "SET SESSION AUTHORIZATION";
  } else if (words.take("SESSION")) {
    if (words.at("AUTHORIZATION")) return "SET SESSION AUTHORIZATION";
  }
  if (words.at("SESSION_AUTHORIZATION")) return "SET SESSION AUTHORIZATION";
  if (!words.take("ROLE")) return {};
  if (!words.take("TO")) words.take_symbol('=');
  const Token& role = words.token();
  if (role.kind == TokenKind::end) return {};
  const bool is_literal = role.kind == TokenKind::string;
  const std::string name = is_literal ? literal_value(role.text) : folded_name(role);
  const bool is_none =
      role.is("DEFAULT") || (role.kind != TokenKind::quoted_name && lowered(name) == "none");
  return is_none ? "SET ROLE NONE" : "SET ROLE " + name;
}

// Behind RESET.
std::string reset(StatementWords words) {
  if (words.at("ROLE")) return "RESET ROLE";
  if (words.at("SESSION_AUTHORIZATION")) return "RESET SESSION AUTHORIZATION";
  return is_authorization(words) ? "RESET SESSION AUTHORIZATION" : "";
}

// Behind set_config.
std::string configured(StatementWords words) {
  if (!words.take_symbol('(') || words.token().kind != TokenKind::string) return {};
  const std::string name = lowered(literal_value(words.token().text));
  return name == "role" || name == "session_authorization" ? "set_config('" + name + "', …)" : "";
}

// Where PL/pgSQL begins a statement; an UPDATE has a SET, too.
bool begins_statement(const Token& before) {
  if (before.kind == TokenKind::end || before.is_symbol(';')) return true;
  for (const char* word : {"BEGIN", "THEN", "ELSE", "LOOP"}) {
    if (before.is(word)) return true;
  }
  return false;
}

std::string found_in(std::string_view text, bool reads_strings) {
  StatementWords words(text);
  Token before;
  for (; !words.at_end(); words.skip()) {
    StatementWords rest = words;
    std::string found;
    if (rest.take("SET_CONFIG")) {
      found = configured(rest);
    } else if (words.token().kind == TokenKind::string) {
      if (reads_strings) found = found_in(literal_value(words.token().text), true);
    } else if (begins_statement(before)) {
      if (rest.take("SET")) found = set(rest);
      if (rest.take("RESET")) found = reset(rest);
      if (rest.take("DISCARD") && rest.at("ALL")) found = "DISCARD ALL";
    }
    if (!found.empty()) return found;
    before = words.token();
  }
  return {};
}

}  // namespace

std::string leaves_role(std::string_view statement) {
  return found_in(statement, StatementWords(statement).at("DO"));
}

}  // namespace pgtide::sql
