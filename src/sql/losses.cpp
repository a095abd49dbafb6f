#include "pgtide/sql/losses.hpp"

#include <optional>
#include <utility>

#include "sql/statement_words.hpp"

namespace pgtide::sql {
namespace {

std::optional<Victim> table(StatementWords& words) {
  const std::vector<std::string> parts = words.name();
  if (parts.empty()) return std::nullopt;
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : std::string();
  return Victim{schema, parts.back(), {}};
}

std::vector<Victim> tables(StatementWords& words) {
  std::vector<Victim> found;
  do {
    words.take("ONLY");
    auto one = table(words);
    if (!one) break;
    found.push_back(std::move(*one));
  } while (words.skip_item());
  return found;
}

std::vector<Victim> schemas(StatementWords& words) {
  std::vector<Victim> found;
  do {
    auto name = words.name();
    if (name.empty()) break;
    found.push_back({name.back(), {}, {}});
  } while (words.skip_item());
  return found;
}

// Behind ALTER TABLE … ALTER: `[COLUMN] a [SET DATA] TYPE … USING …`, where what stands in the
// column has no part in what it becomes.
std::string replaced_column(StatementWords& words) {
  words.take("COLUMN");
  const auto column = words.name();
  words.take("SET");
  words.take("DATA");
  if (column.empty() || !words.take("TYPE")) return {};
  std::size_t depth = 0;
  bool is_used = true;
  for (; !words.at_end(); words.skip()) {
    if (words.token().is_symbol('(')) ++depth;
    if (words.token().is_symbol(')') && depth > 0) --depth;
    if (depth == 0 && words.token().is_symbol(',')) break;
    if (depth == 0 && words.at("USING")) {
      is_used = false;
    } else if (words.token().kind == TokenKind::word ||
               words.token().kind == TokenKind::quoted_name) {
      is_used = is_used || base_name(words.token().text) == column.back();
    }
  }
  return is_used ? std::string() : column.back();
}

std::vector<Victim> columns(StatementWords& words) {
  const bool may_be_missing = words.take_if_exists();
  words.take("ONLY");
  const auto of = table(words);
  std::vector<Victim> found;
  if (!of) return found;
  words.take_symbol('*');
  do {
    if (words.take("ALTER")) {
      if (auto column = replaced_column(words); !column.empty()) {
        found.push_back({of->schema, of->table, std::move(column), Loss::replaced});
      }
      continue;
    }
    if (!words.take("DROP") || words.take("CONSTRAINT")) continue;
    words.take("COLUMN");
    const bool is_unsure = words.take_if_exists() || may_be_missing;
    const auto column = words.name();
    if (column.empty()) continue;
    found.push_back({of->schema, of->table, column.back(), Loss::gone, is_unsure});
  } while (words.skip_item());
  return found;
}

// Of a DELETE of every row; ends behind it.
std::optional<Victim> emptied(StatementWords& words) {
  words.take("FROM");
  words.take("ONLY");
  auto of = table(words);
  std::size_t depth = 0;
  if (of) of->loss = Loss::emptied;
  for (; of && !words.at_end(); words.skip()) {
    if (words.token().is_symbol('(')) ++depth;
    if (words.token().is_symbol(')') && depth-- == 0) break;
    if (depth == 0 && (words.at("WHERE") || words.at("USING"))) return std::nullopt;
  }
  return of;
}

// A DELETE that stands in another statement.
std::vector<Victim> emptied_within(StatementWords& words) {
  std::vector<Victim> found;
  while (!words.at_end()) {
    if (!words.take("DELETE")) {
      words.skip();
    } else if (words.at("FROM")) {  // not ON DELETE, THEN DELETE, …
      if (auto of = emptied(words)) found.push_back(std::move(*of));
    }
  }
  return found;
}

}  // namespace

std::vector<Victim> losses_of(std::string_view statement) {
  StatementWords words(statement);
  if (words.take("TRUNCATE")) {
    words.take("TABLE");
    std::vector<Victim> found = tables(words);
    for (Victim& victim : found) victim.loss = Loss::emptied;
    return found;
  }
  for (const char* runs_others : {"WITH", "INSERT", "EXPLAIN", "COPY"}) {
    if (words.at(runs_others)) return emptied_within(words);
  }
  if (words.take("DELETE")) {
    auto of = emptied(words);
    return of ? std::vector<Victim>{std::move(*of)} : std::vector<Victim>();
  }
  if (words.take("ALTER")) return words.take("TABLE") ? columns(words) : std::vector<Victim>();
  if (!words.take("DROP")) return {};
  const bool is_table = words.take("TABLE");
  if (!is_table && !words.take("SCHEMA")) return {};
  const bool may_be_missing = words.take_if_exists();
  std::vector<Victim> found = is_table ? tables(words) : schemas(words);
  for (Victim& victim : found) victim.may_be_missing = may_be_missing;
  return found;
}

bool may_lose_more(std::string_view statement) {
  StatementWords words(statement);
  for (const char* hides_it : {"DO", "CALL", "EXECUTE", "MERGE"}) {
    if (words.at(hides_it)) return true;
  }
  const bool drops = words.at("DROP") || words.at("ALTER");
  if (words.take("DROP") && (words.at("OWNED") || words.at("EXTENSION"))) return true;
  for (; drops && !words.at_end(); words.skip()) {
    if (words.at("CASCADE")) return true;
  }
  return false;
}

}  // namespace pgtide::sql
