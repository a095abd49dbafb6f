#include "pgtide/sql/effect.hpp"

#include <utility>
#include <vector>

#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

constexpr std::size_t longest_name = 63;  // bytes that a server keeps of a name

// Reads the head of a statement word by word. The grammar needed here is small and has not changed
// since PostgreSQL 12, so it also serves statements that are too new for the parser.
class Head {
 public:
  explicit Head(std::string_view text) : cursor_(text), token_(cursor_.next()) {}

  bool take(std::string_view word) {
    if (!token_.is(word)) return false;
    token_ = cursor_.next();
    return true;
  }

  void take_if_exists() {
    if (!take("IF")) return;
    take("NOT");
    take("EXISTS");
  }

  void skip_parentheses() {
    if (!token_.is_symbol('(')) return;
    while (token_.kind != TokenKind::end && !token_.is_symbol(')')) token_ = cursor_.next();
    token_ = cursor_.next();
  }

  // `name`, `schema.name`, …; empty when none stands here.
  std::string name() {
    std::string text;
    while (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted_name) {
      text += token_.text;
      token_ = cursor_.next();
      if (!token_.is_symbol('.')) break;
      text += '.';
      token_ = cursor_.next();
    }
    return text;
  }

  // `set_config('…', '…', false)` and nothing behind it.
  bool is_session_set_config() {
    if (base_name(name()) != "set_config" || !take_symbol('(')) return false;
    for (int argument = 0; argument < 2; ++argument) {
      if (token_.kind != TokenKind::string) return false;
      skip();
      if (!take_symbol(',')) return false;
    }
    return take("FALSE") && take_symbol(')') && at_end();
  }

  bool at(std::string_view word) const { return token_.is(word); }
  bool at_end() const { return token_.kind == TokenKind::end; }
  void skip() { token_ = cursor_.next(); }

 private:
  bool take_symbol(char c) {
    if (!token_.is_symbol(c)) return false;
    skip();
    return true;
  }

  TokenCursor cursor_;
  Token token_;
};

bool belongs_to_shape(const Token& token) {
  return !token.is_symbol('(') && !token.is_symbol(')') && !token.is_symbol(';') &&
         !token.is("ASC");
}

// Parentheses, and casts of literals, are left out: the server writes them where nobody else does.
std::string shape_of_rest(TokenCursor& cursor, Token token) {
  std::string shape;
  while (token.kind != TokenKind::end) {
    const bool is_literal = token.kind == TokenKind::string;
    if (token.is("TABLESPACE")) {
      cursor.next();
    } else if (belongs_to_shape(token)) {
      shape += ' ';
      shape += is_literal ? literal_value(token.text) : folded_name(token);
    }
    token = cursor.next();
    if (is_literal && token.is_symbol(':')) {
      cursor.next();
      cursor.next();
      token = cursor.next();
    }
  }
  return shape;
}

Effect named(Head& head, EffectKind kind) {
  head.take_if_exists();
  return {.kind = kind, .object = head.name()};
}

Effect created(Head& head, std::string_view statement) {
  if (head.take("DATABASE")) return named(head, EffectKind::database_created);
  if (head.take("TABLESPACE")) return named(head, EffectKind::tablespace_created);
  if (head.take("SUBSCRIPTION")) return named(head, EffectKind::subscription_created);
  head.take("UNIQUE");
  if (!head.take("INDEX") || !head.take("CONCURRENTLY")) return {};
  head.take_if_exists();
  Effect effect{.kind = EffectKind::index_built};
  if (!head.at("ON")) effect.object = head.name();
  head.take("ON");
  head.take("ONLY");
  effect.table = head.name();
  if (effect.object.empty()) effect.shape = index_shape(statement);
  return effect;
}

Effect dropped(Head& head) {
  if (head.take("DATABASE")) return named(head, EffectKind::database_dropped);
  if (head.take("TABLESPACE")) return named(head, EffectKind::tablespace_dropped);
  if (head.take("SUBSCRIPTION")) return named(head, EffectKind::subscription_dropped);
  if (head.take("INDEX") && head.take("CONCURRENTLY"))
    return named(head, EffectKind::index_dropped);
  return {};
}

Effect reindexed(Head& head) {
  head.skip_parentheses();
  const bool table = head.at("TABLE");
  if (!table && !head.at("INDEX")) return {};
  head.skip();
  head.take("CONCURRENTLY");
  return {.kind = EffectKind::reindexed, .object = head.name(), .on_table = table};
}

Effect altered(Head& head) {
  if (!head.take("TABLE")) return {};
  head.take_if_exists();
  head.take("ONLY");
  Effect effect{.kind = EffectKind::partition_detached, .table = head.name()};
  if (!head.take("DETACH") || !head.take("PARTITION")) return {};
  effect.object = head.name();
  return head.at("CONCURRENTLY") ? effect : Effect{};
}

}  // namespace

Effect effect_of(std::string_view statement) {
  Head head(statement);
  if (head.take("CREATE")) return created(head, statement);
  if (head.take("DROP")) return dropped(head);
  if (head.take("REINDEX")) return reindexed(head);
  if (head.take("ALTER")) return altered(head);
  return {};
}

std::string index_shape(std::string_view statement) {
  TokenCursor cursor(statement);
  Token token = cursor.next();
  std::string shape = "btree";
  while (token.kind != TokenKind::end && !token.is("ON")) {
    if (token.is("UNIQUE")) shape = "unique btree";
    token = cursor.next();
  }
  while (token.kind != TokenKind::end && !token.is_symbol('(') && !token.is("USING")) {
    token = cursor.next();
  }
  if (token.is("USING")) {
    shape.replace(shape.size() - 5, 5, folded_name(cursor.next()));
    token = cursor.next();
  }
  return shape + shape_of_rest(cursor, token);
}

std::string base_name(std::string_view name) {
  TokenCursor cursor(name);
  std::string last;
  for (Token token = cursor.next(); token.kind != TokenKind::end; token = cursor.next()) {
    if (!token.is_symbol('.')) last = folded_name(token);
  }
  if (last.size() <= longest_name) return last;
  std::size_t end = longest_name;
  while (end > 0 && (static_cast<unsigned char>(last[end]) & 0xC0U) == 0x80U) --end;
  return last.substr(0, end);
}

bool waits_for_transactions(std::string_view statement) {
  TokenCursor tokens(statement);
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is("CONCURRENTLY") || token.is("FINALIZE")) return true;
  }
  return false;
}

bool only_sets_session(std::string_view statement) {
  Head head(statement);
  if (head.take("RESET")) return true;
  if (head.take("DISCARD")) return head.at("ALL");
  if (head.take("SET")) {
    return !head.at("LOCAL") && !head.at("TRANSACTION") && !head.at("CONSTRAINTS");
  }
  return head.take("SELECT") && head.is_session_set_config();
}

bool resets_session(std::string_view statement) {
  Head head(statement);
  return (head.take("DISCARD") || head.take("RESET")) && head.at("ALL");
}

std::string with_batch_size(std::string_view statement, std::size_t size) {
  const std::string number = std::to_string(size);
  std::string filled;
  std::size_t copied = 0;
  TokenCursor cursor(statement);
  Token colon;           // just before the token
  bool is_cast = false;  // there is another colon before it
  for (Token token = cursor.next(); token.kind != TokenKind::end; token = cursor.next()) {
    const bool follows = colon.is_symbol(':') && colon.offset + 1 == token.offset;
    if (follows && !is_cast && token.is("BATCH_SIZE")) {
      filled += statement.substr(copied, colon.offset - copied);
      filled += number;
      const std::size_t room = token.text.size() + 1;
      if (number.size() < room) filled.append(room - number.size(), ' ');
      copied = token.offset + token.text.size();
    }
    is_cast = follows && token.is_symbol(':');
    colon = token;
  }
  filled += statement.substr(copied);
  return filled;
}

}  // namespace pgtide::sql
