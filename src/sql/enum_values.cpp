#include "sql/enum_values.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

constexpr std::array never_using = {"ALTER TYPE", "COMMENT", "SET",    "GRANT",
                                    "REVOKE",     "COPY",    "NOTIFY", "SECURITY LABEL"};

// The last part of a name that may be qualified; `token` becomes what follows it.
std::string read_name(TokenCursor& tokens, Token& token) {
  std::string name = folded_name(tokens.next());
  token = tokens.next();
  while (token.is_symbol('.')) {
    name = folded_name(tokens.next());
    token = tokens.next();
  }
  return name;
}

bool is_sql_function(std::string_view text) {
  TokenCursor tokens(text);
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is("ATOMIC")) return true;
    if (!token.is("LANGUAGE")) continue;
    const Token language = tokens.next();
    return (language.kind == TokenKind::string ? literal_value(language.text)
                                               : folded_name(language)) == "sql";
  }
  return false;
}

enum class Bodies { closed, open };

// Every string literal of `text`; inside its bodies too where they are open.
void collect_literals(std::string_view text, Bodies bodies, std::vector<std::string>& literals) {
  TokenCursor tokens(text);
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.kind != TokenKind::string) continue;
    literals.push_back(literal_value(token.text));
    if (bodies == Bodies::open) {
      const std::string body = literals.back();
      collect_literals(body, Bodies::closed, literals);
    }
  }
}

}  // namespace

void EnumValues::find_uses(const Statement& statement, std::size_t block) {
  const std::string words = command_words(statement.text);
  for (const std::string_view skipped : never_using) {
    if (words.starts_with(skipped)) return;
  }
  const bool function = words == "CREATE FUNCTION" || words == "CREATE PROCEDURE";
  if (function && !is_sql_function(statement.text)) return;
  std::vector<std::string> literals;
  collect_literals(statement.text, function || words == "DO" ? Bodies::open : Bodies::closed,
                   literals);
  std::erase_if(added_, [&](Added& added) {
    if (std::find(literals.begin(), literals.end(), added.value) == literals.end()) return false;
    const std::size_t shared = added.block == block ? block : 0;
    uses_.push_back({std::move(added.statement), added.value, statement.begin, shared});
    return true;
  });
}

void EnumValues::see(const Statement& statement, std::size_t block) {
  if (!added_.empty()) find_uses(statement, block);
  TokenCursor tokens(statement.text);
  const Token verb = tokens.next();
  if ((!verb.is("CREATE") && !verb.is("ALTER")) || !tokens.next().is("TYPE")) return;
  Token token;
  std::string type = read_name(tokens, token);
  if (verb.is("CREATE")) {
    new_types_.push_back(std::move(type));
    return;
  }
  if (!token.is("ADD") || !tokens.next().is("VALUE")) return;
  token = tokens.next();
  while (token.kind == TokenKind::word) token = tokens.next();  // IF NOT EXISTS
  const bool is_new = std::find(new_types_.begin(), new_types_.end(), type) != new_types_.end();
  if (token.kind != TokenKind::string || is_new) return;
  added_.push_back({statement, literal_value(token.text), block});
}

}  // namespace pgtide::sql
