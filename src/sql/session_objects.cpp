// What a statement makes that lives no longer than its session.
#include "pgtide/sql/effect.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

bool is_temporary(const Token& token) {
  return token.is("TEMP") || token.is("TEMPORARY");
}

bool has(TokenCursor tokens, std::string_view first, std::string_view second) {
  bool follows = false;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (follows && token.is(second)) return true;
    follows = token.is(first);
  }
  return false;
}

// `CREATE [OR REPLACE] [GLOBAL | LOCAL] TEMP …`, `CREATE TABLE pg_temp.x …`
bool creates_temporary(TokenCursor tokens) {
  constexpr int words_to_name = 9;  // CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS schema.name
  bool is_kind_said = false;
  for (int i = 0; i < words_to_name; ++i) {
    const Token token = tokens.next();
    if (token.is("PG_TEMP") || (is_temporary(token) && !is_kind_said)) return true;
    if (token.is_symbol('(') || token.is("AS") || token.is("ON")) return false;
    is_kind_said = is_kind_said || !(token.is("OR") || token.is("REPLACE") || token.is("LOCAL") ||
                                     token.is("GLOBAL"));
  }
  return false;
}

bool selects_into_temporary(TokenCursor tokens) {
  bool into = false;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (into && is_temporary(token)) return true;
    into = token.is("INTO") || (into && (token.is("LOCAL") || token.is("GLOBAL")));
  }
  return false;
}

bool takes_advisory_lock(TokenCursor tokens) {
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    for (const char* function : {"PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED",
                                 "PG_TRY_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK_SHARED"}) {
      if (token.is(function)) return true;
    }
  }
  return false;
}

}  // namespace

std::string made_for_session(std::string_view statement) {
  TokenCursor tokens(statement);
  const Token first = tokens.next();
  if (first.is("CREATE")) return creates_temporary(tokens) ? "a temporary object" : "";
  if (first.is("PREPARE")) return tokens.next().is("TRANSACTION") ? "" : "a prepared statement";
  if (first.is("LISTEN")) return "a LISTEN";
  if (first.is("LOAD")) return "a loaded library";
  if (first.is("DECLARE")) return has(tokens, "WITH", "HOLD") ? "a cursor" : "";
  if (first.is("SELECT") || first.is("WITH")) {
    if (selects_into_temporary(tokens)) return "a temporary table";
    if (takes_advisory_lock(tokens)) return "an advisory lock";
  }
  return {};
}

}  // namespace pgtide::sql
