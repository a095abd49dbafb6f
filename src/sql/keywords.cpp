#include "sql/keywords.hpp"

#include <array>
#include <initializer_list>

#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

using Kind = StatementKind;

Kind only_if(bool refused_in_transaction) {
  return refused_in_transaction ? Kind::non_transactional : Kind::other;
}

bool is_one_of(const Token& token, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (token.is(word)) return true;
  }
  return false;
}

Token skip_work(TokenCursor& tokens) {
  Token token = tokens.next();
  return is_one_of(token, {"WORK", "TRANSACTION"}) ? tokens.next() : token;
}

// A word outside parentheses from here on.
bool finds(TokenCursor& tokens, std::initializer_list<std::string_view> words) {
  std::size_t depth = 0;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is_symbol('(')) ++depth;
    if (token.is_symbol(')') && depth > 0) --depth;
    if (depth == 0 && is_one_of(token, words)) return true;
  }
  return false;
}

bool is_off(const Token& value) {
  if (value.kind == TokenKind::number) return value.text == "0";
  const std::string text =
      value.kind == TokenKind::string ? literal_value(value.text) : folded_name(value);
  return text == "false" || text == "off" || text == "FALSE" || text == "OFF";
}

// What stands in parentheses after here about option `name`.
enum class Setting { unset, on, off };

Setting option(TokenCursor tokens, std::string_view name) {
  std::size_t depth = 0;
  Setting found = Setting::unset;
  for (Token token = tokens.next(); token.kind != TokenKind::end;) {
    if (token.is_symbol('(')) ++depth;
    if (token.is_symbol(')') && depth > 0) --depth;
    const bool named = depth > 0 && token.is(name);
    token = tokens.next();
    if (!named) continue;
    if (token.is_symbol('=')) token = tokens.next();
    found = is_off(token) ? Setting::off : Setting::on;
  }
  return found;
}

Kind begin(TokenCursor& tokens) {
  return skip_work(tokens).kind == TokenKind::end ? Kind::begin : Kind::begin_with_modes;
}

Kind start(TokenCursor& tokens) {
  if (!tokens.next().is("TRANSACTION")) return Kind::other;
  return tokens.next().kind == TokenKind::end ? Kind::begin : Kind::begin_with_modes;
}

Kind commit(TokenCursor& tokens) {
  const Token token = skip_work(tokens);
  if (token.is("PREPARED")) return Kind::two_phase;
  if (token.kind == TokenKind::end) return Kind::commit;
  if (!token.is("AND")) return Kind::unclear_commit;
  const Token chain = tokens.next();
  if (chain.is("CHAIN")) return Kind::commit_and_chain;
  return chain.is("NO") && tokens.next().is("CHAIN") ? Kind::commit : Kind::unclear_commit;
}

Kind rollback(TokenCursor& tokens) {
  const Token token = skip_work(tokens);
  if (token.is("PREPARED")) return Kind::two_phase;
  return token.is("TO") ? Kind::savepoint : Kind::rollback;
}

Kind savepoint(TokenCursor&) {
  return Kind::savepoint;
}

Kind prepare(TokenCursor& tokens) {
  const bool transaction = tokens.next().is("TRANSACTION");
  return transaction && tokens.next().kind == TokenKind::string ? Kind::two_phase : Kind::other;
}

Kind set(TokenCursor& tokens) {
  return tokens.next().is("CONSTRAINTS") ? Kind::set_constraints : Kind::other;
}

// STDIN and STDOUT may both stand on either side.
Kind copy(TokenCursor& tokens) {
  std::size_t depth = 0;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is_symbol('(')) ++depth;
    if (token.is_symbol(')') && depth > 0) --depth;
    if (depth > 0 || !is_one_of(token, {"FROM", "TO"})) continue;
    if (!is_one_of(tokens.next(), {"STDIN", "STDOUT"})) return Kind::other;
    return token.is("FROM") ? Kind::copy_from_stdin : Kind::copy_to_stdout;
  }
  return Kind::other;
}

Kind create(TokenCursor& tokens) {
  Token token = tokens.next();
  if (token.is("UNIQUE")) token = tokens.next();
  if (token.is("INDEX")) return only_if(tokens.next().is("CONCURRENTLY"));
  if (token.is("SUBSCRIPTION")) {
    const Setting slot = option(tokens, "CREATE_SLOT");
    if (slot != Setting::unset) return only_if(slot == Setting::on);
    return only_if(option(tokens, "CONNECT") != Setting::off);
  }
  return only_if(is_one_of(token, {"DATABASE", "TABLESPACE"}));
}

Kind drop(TokenCursor& tokens) {
  const Token token = tokens.next();
  if (token.is("INDEX")) return only_if(tokens.next().is("CONCURRENTLY"));
  return only_if(is_one_of(token, {"DATABASE", "TABLESPACE", "SUBSCRIPTION"}));
}

Kind reindex(TokenCursor& tokens) {
  const bool concurrently = option(tokens, "CONCURRENTLY") == Setting::on;
  Token token = tokens.next();
  while (token.kind != TokenKind::end && token.kind != TokenKind::word) token = tokens.next();
  while (token.kind != TokenKind::end &&
         !is_one_of(token, {"INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"})) {
    token = tokens.next();
  }
  if (is_one_of(token, {"SCHEMA", "DATABASE", "SYSTEM"})) return Kind::non_transactional;
  return only_if(concurrently || tokens.next().is("CONCURRENTLY"));
}

Kind alter_subscription(TokenCursor& tokens) {
  tokens.next();  // its name
  const Token action = tokens.next();
  if (action.is("REFRESH")) return Kind::non_transactional;
  if (!is_one_of(action, {"SET", "ADD", "DROP"})) return Kind::other;
  TokenCursor rest = tokens;
  if (rest.next().is("PUBLICATION")) {
    return only_if(option(tokens, "REFRESH") != Setting::off);
  }
  return only_if(option(tokens, "FAILOVER") != Setting::unset ||
                 option(tokens, "TWO_PHASE") != Setting::unset);
}

Kind alter(TokenCursor& tokens) {
  const Token token = tokens.next();
  if (token.is("SYSTEM")) return Kind::non_transactional;
  if (token.is("DATABASE")) {
    tokens.next();  // its name
    const Token action = tokens.next();
    if (action.is("SET")) return only_if(tokens.next().is("TABLESPACE"));
    return only_if(action.is("TABLESPACE") || (action.is("WITH") && finds(tokens, {"TABLESPACE"})));
  }
  if (token.is("SUBSCRIPTION")) return alter_subscription(tokens);
  if (!token.is("TABLE")) return Kind::other;
  return only_if(finds(tokens, {"DETACH"}) && finds(tokens, {"CONCURRENTLY"}));
}

Kind vacuum(TokenCursor&) {
  return Kind::non_transactional;
}

// CLUSTER without a table visits every clustered one, each in a transaction of its own.
Kind cluster(TokenCursor& tokens) {
  Token token = tokens.next();
  if (token.is_symbol('(')) {
    while (token.kind != TokenKind::end && !token.is_symbol(')')) token = tokens.next();
    token = tokens.next();
  }
  if (token.is("VERBOSE")) token = tokens.next();
  return only_if(token.kind == TokenKind::end);
}

Kind discard(TokenCursor& tokens) {
  return only_if(tokens.next().is("ALL"));
}

struct Command {
  std::string_view word;
  Kind (*kind)(TokenCursor&);
};
constexpr std::array commands = {
    Command{"CREATE", create},     Command{"ALTER", alter},     Command{"SET", set},
    Command{"COPY", copy},         Command{"DROP", drop},       Command{"BEGIN", begin},
    Command{"COMMIT", commit},     Command{"END", commit},      Command{"START", start},
    Command{"ROLLBACK", rollback}, Command{"ABORT", rollback},  Command{"SAVEPOINT", savepoint},
    Command{"RELEASE", savepoint}, Command{"PREPARE", prepare}, Command{"REINDEX", reindex},
    Command{"VACUUM", vacuum},     Command{"CLUSTER", cluster}, Command{"DISCARD", discard},
};

}  // namespace

StatementKind kind_by_keywords(std::string_view text) {
  TokenCursor tokens(text);
  const Token first = tokens.next();
  for (const Command& command : commands) {
    if (first.is(command.word)) return command.kind(tokens);
  }
  return Kind::other;
}

}  // namespace pgtide::sql
