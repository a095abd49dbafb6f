#include "pgtide/sql/statement.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sql/keywords.hpp"
#include "sql/parse_tree.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

// Words between CREATE and what is created.
constexpr std::array modifiers = {"OR",      "REPLACE",    "GLOBAL",    "LOCAL",
                                  "TEMP",    "TEMPORARY",  "UNLOGGED",  "UNIQUE",
                                  "TRUSTED", "PROCEDURAL", "RECURSIVE", "CONSTRAINT"};

// Further words that belong to a command's name when they follow; longer ones first.
constexpr std::array object_names = {
    "FOREIGN DATA WRAPPER",   "FOREIGN TABLE",
    "MATERIALIZED VIEW",      "EVENT TRIGGER",
    "ACCESS METHOD",          "OPERATOR CLASS",
    "OPERATOR FAMILY",        "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",   "USER MAPPING",
    "DEFAULT PRIVILEGES",     "LARGE OBJECT",
    "INDEX CONCURRENTLY",
};
constexpr std::array command_names = {
    "START TRANSACTION",
    "SET CONSTRAINTS",
    "PREPARE TRANSACTION",
    "COMMIT PREPARED",
    "COMMIT AND CHAIN",
    "ROLLBACK PREPARED",
    "ROLLBACK TO",
    "DISCARD ALL",
    "LOCK TABLE",
    "REFRESH MATERIALIZED VIEW",
    "IMPORT FOREIGN SCHEMA",
    "SECURITY LABEL",
    "REINDEX INDEX CONCURRENTLY",
    "REINDEX TABLE CONCURRENTLY",
    "REINDEX SCHEMA CONCURRENTLY",
    "REINDEX DATABASE CONCURRENTLY",
    "REINDEX SYSTEM CONCURRENTLY",
    "REINDEX INDEX",
    "REINDEX TABLE",
    "REINDEX SCHEMA",
    "REINDEX DATABASE",
    "REINDEX SYSTEM",
};

std::string upper(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool begins_with(TokenCursor tokens, std::string_view words) {
  for (;;) {
    const std::size_t space = words.find(' ');
    if (!tokens.next().is(words.substr(0, space))) return false;
    if (space == std::string_view::npos) return true;
    words.remove_prefix(space + 1);
  }
}

// The first of `names` that the tokens begin with, else their first word.
std::string name_at(const TokenCursor& tokens, std::span<const char* const> names) {
  for (const char* name : names) {
    if (begins_with(tokens, name)) return name;
  }
  TokenCursor first = tokens;
  const Token token = first.next();
  return token.kind == TokenKind::word ? upper(token.text) : std::string();
}

TokenCursor skip_modifiers(TokenCursor tokens) {
  for (;;) {
    TokenCursor after = tokens;
    const Token token = after.next();
    if (std::none_of(modifiers.begin(), modifiers.end(),
                     [&](const char* word) { return token.is(word); })) {
      return tokens;
    }
    tokens = after;
  }
}

// `name` stands for `DETACH PARTITION … CONCURRENTLY` and `ADD VALUE`, which change what the
// statement is to a transaction.
std::string with_action(std::string name, TokenCursor tokens, std::string_view text) {
  if (name == "ALTER TABLE" && kind_by_keywords(text) == StatementKind::non_transactional) {
    return name + " DETACH PARTITION CONCURRENTLY";
  }
  if (name != "ALTER TYPE") return name;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is("ADD")) return tokens.next().is("VALUE") ? name + " ADD VALUE" : name;
  }
  return name;
}

}  // namespace

std::string command_words(std::string_view text) {
  TokenCursor tokens(text);
  TokenCursor after = tokens;
  Token first = after.next();
  while (first.is_symbol('(')) {
    tokens = after;
    first = after.next();
  }
  if (first.kind != TokenKind::word) return "statement";
  if (!first.is("CREATE") && !first.is("ALTER") && !first.is("DROP")) {
    return name_at(tokens, command_names);
  }
  const std::string object = name_at(skip_modifiers(after), object_names);
  const std::string name = upper(first.text) + (object.empty() ? "" : " ") + object;
  return with_action(name, after, text);
}

// The key words propose, so that ordinary statements are never parsed; the parser has the last word
// on what it understands.
StatementKind classify(std::string_view text) {
  const StatementKind proposed = kind_by_keywords(text);
  if (proposed == StatementKind::other) return proposed;
  return kind_by_parser(text).value_or(proposed);
}

bool may_touch_prepared_statements(std::string_view text) {
  constexpr std::string_view words[] = {"prepare", "deallocate", "discard"};
  const auto is_at = [&](std::size_t at, std::string_view word) {
    return std::ranges::equal(text.substr(at, word.size()), word,
                              [](char a, char b) { return (a | 0x20) == b; });
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int letter = text[at] | 0x20;
    if (letter != 'p' && letter != 'd') continue;
    if (std::ranges::any_of(words, [&](std::string_view word) { return is_at(at, word); })) {
      return true;
    }
  }
  return false;
}

}  // namespace pgtide::sql
