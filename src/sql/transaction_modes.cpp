#include "pgtide/sql/transaction_modes.hpp"

#include <algorithm>
#include <string_view>

#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

struct Said {
  TransactionModes modes;
  bool of_session = false;
};

Isolation isolation_of(std::string_view first_word) {
  if (first_word == "serializable") return Isolation::serializable;
  return first_word == "repeatable" ? Isolation::repeatable_read : Isolation::read_committed;
}

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

// ISOLATION LEVEL …, READ …, [NOT] DEFERRABLE, from here on.
TransactionModes modes_from(TokenCursor& tokens) {
  TransactionModes modes;
  bool negated = false;
  for (Token token = tokens.next(); token.kind != TokenKind::end; token = tokens.next()) {
    if (token.is("LEVEL")) {
      modes.isolation = isolation_of(in_lower_case(std::string(tokens.next().text)));
    } else if (token.is("ONLY") || token.is("WRITE")) {
      modes.read_only = token.is("ONLY");
    } else if (token.is("DEFERRABLE")) {
      modes.deferrable = !negated;
    }
    negated = token.is("NOT");
  }
  return modes;
}

// As the server reads a Boolean, well enough.
bool is_on(const std::string& value) {
  return value.starts_with('t') || value.starts_with('y') || value == "on" || value == "1";
}

std::optional<Said> said_by_setting(const std::string& name, TokenCursor& tokens) {
  const std::string_view prefix = "default_";
  Said said{.modes = {}, .of_session = name.starts_with(prefix)};
  const std::string_view of = std::string_view(name).substr(said.of_session ? prefix.size() : 0);
  const Token sign = tokens.next();
  if (!sign.is_symbol('=') && !sign.is("TO")) return std::nullopt;
  const Token token = tokens.next();
  const std::string value = in_lower_case(
      token.kind == TokenKind::string ? literal_value(token.text) : folded_name(token));
  if (value == "default") return std::nullopt;
  if (of == "transaction_isolation") {
    said.modes.isolation = isolation_of(value.substr(0, value.find(' ')));
  } else if (of == "transaction_read_only") {
    said.modes.read_only = is_on(value);
  } else if (of == "transaction_deferrable") {
    said.modes.deferrable = is_on(value);
  } else {
    return std::nullopt;
  }
  return said;
}

std::optional<Said> said_by_set(TokenCursor& tokens) {
  Token token = tokens.next();
  if (token.is("TRANSACTION")) {
    TokenCursor rest = tokens;
    if (rest.next().is("SNAPSHOT")) return std::nullopt;
    return Said{modes_from(tokens)};
  }
  const bool local = token.is("LOCAL");
  if (local || token.is("SESSION")) token = tokens.next();
  if (token.is("CHARACTERISTICS")) return Said{modes_from(tokens), true};
  auto said = said_by_setting(folded_name(token), tokens);
  return said && said->of_session && local ? std::nullopt : said;
}

std::optional<Said> said_by(const Statement& statement) {
  TokenCursor tokens(statement.text);
  if (statement.kind == StatementKind::begin_with_modes) return Said{modes_from(tokens)};
  return tokens.next().is("SET") ? said_by_set(tokens) : std::nullopt;
}

// What takes no snapshot, so that the modes may still be set behind it.
bool takes_none(const Statement& statement) {
  const Token first = TokenCursor(statement.text).next();
  constexpr std::string_view words[] = {"SET",    "RESET",    "SHOW",  "LOCK", "LISTEN",
                                        "NOTIFY", "UNLISTEN", "BEGIN", "START"};
  return statement.kind == StatementKind::commit ||
         std::ranges::any_of(words, [&](std::string_view word) { return first.is(word); });
}

void merge(TransactionModes& into, const TransactionModes& later) {
  if (later.isolation) into.isolation = later.isolation;
  if (later.read_only) into.read_only = later.read_only;
  if (later.deferrable) into.deferrable = later.deferrable;
}

}  // namespace

std::string begin_statement(const TransactionModes& modes) {
  std::string sql = "BEGIN";
  const auto add = [&](std::string_view mode) {
    sql += sql.size() > std::string_view("BEGIN").size() ? ", " : " ";
    sql += mode;
  };
  if (modes.isolation == Isolation::serializable) add("ISOLATION LEVEL SERIALIZABLE");
  if (modes.isolation == Isolation::repeatable_read) add("ISOLATION LEVEL REPEATABLE READ");
  if (modes.isolation == Isolation::read_committed) add("ISOLATION LEVEL READ COMMITTED");
  if (modes.read_only == false) add("READ WRITE");
  if (modes.deferrable) add(*modes.deferrable ? "DEFERRABLE" : "NOT DEFERRABLE");
  return sql;
}

std::optional<TransactionModes> LeadingModes::take(const Statement& statement) {
  if (over_) return std::nullopt;
  const auto said = said_by(statement);
  if (!said) {
    over_ = !takes_none(statement);
    return std::nullopt;
  }
  merge(modes_, said->modes);
  return said->of_session ? std::nullopt : std::optional(said->modes);
}

bool sets_transaction(const Statement& statement) {
  if (statement.kind == StatementKind::begin_with_modes) return false;
  const auto said = said_by(statement);
  return said && !said->of_session;
}

}  // namespace pgtide::sql
