#include "sql/made_tables.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "sql/statement_words.hpp"

namespace pgtide::sql {
namespace {

Victim table_of(const std::vector<std::string>& name) {
  if (name.empty()) return {};
  return {name.size() > 1 ? name[name.size() - 2] : std::string(), name.back(), {}};
}

bool names_search_path(std::string_view statement) {
  static constexpr std::string_view word = "search_path";
  const auto found = std::search(
      statement.begin(), statement.end(), word.begin(), word.end(),
      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
  return found != statement.end();
}

// `"$user"` in the search path follows the role.
bool may_change_search_path(std::string_view statement) {
  StatementWords words(statement);
  if (words.take("RESET") || words.take("DISCARD")) return true;
  if (words.take("SET")) {
    if (!words.take("LOCAL")) words.take("SESSION");
    if (words.at("SCHEMA") || words.at("ROLE") || words.at("AUTHORIZATION")) return true;
  }
  return names_search_path(statement);
}

}  // namespace

bool MadeTables::Order::operator()(const Victim& a, const Victim& b) const {
  return std::tie(a.schema, a.table, a.column) < std::tie(b.schema, b.table, b.column);
}

bool MadeTables::has(const Victim& victim) const {
  if (schemas_.contains(victim.schema)) return true;
  return made_.contains({victim.schema, victim.table, {}}) ||
         (!victim.column.empty() && made_.contains({victim.schema, victim.table, victim.column}));
}

void MadeTables::see(std::string_view statement) {
  if (may_change_search_path(statement)) forget_names_without_schema();
  for (const Victim& victim : losses_of(statement)) {
    if (victim.loss == Loss::gone) forget(victim);
  }
  StatementWords words(statement);
  if (words.take("CREATE")) see_create(words);
  if (words.take("ALTER") && words.take("TABLE")) see_alter(words);
}

void MadeTables::see_create(StatementWords& words) {
  if (words.take("SCHEMA")) {
    if (words.take_if_exists() || words.at("AUTHORIZATION")) return;
    const auto name = words.name();
    if (!name.empty()) schemas_.insert(name.back());
    return;
  }
  bool temporary = false;
  for (const char* word : {"GLOBAL", "LOCAL"}) words.take(word);
  for (const char* word : {"TEMP", "TEMPORARY"}) temporary = words.take(word) || temporary;
  words.take("UNLOGGED");
  if (!words.take("TABLE") || words.take_if_exists()) return;
  const Victim table = table_of(words.name());
  if (table.table.empty()) return;
  made_.insert(table);
  // Without its schema a name means the temporary table first.
  if (temporary) {
    made_.insert({{}, table.table, {}});
    made_.insert({"pg_temp", table.table, {}});
  }
}

void MadeTables::see_alter(StatementWords& words) {
  words.take_if_exists();
  words.take("ONLY");
  const Victim table = table_of(words.name());
  if (table.table.empty()) return;
  words.take_symbol('*');
  if (words.take("RENAME") && words.take("TO")) {
    const auto name = words.name();
    if (!name.empty()) move(table, {table.schema, name.back(), {}});
    return;
  }
  if (words.take("SET") && words.take("SCHEMA")) {
    const auto schema = words.name();
    if (!schema.empty()) move(table, {schema.back(), table.table, {}});
    return;
  }
  // What it takes in holds rows.
  if (words.at("ATTACH")) return forget(table);
  see_column(table, words);
}

void MadeTables::see_column(const Victim& table, StatementWords& words) {
  do {
    if (!words.take("ADD")) continue;
    words.take("COLUMN");
    if (words.take_if_exists()) continue;
    const auto column = words.name();
    if (!column.empty()) made_.insert({table.schema, table.table, column.back()});
  } while (words.skip_item());
}

void MadeTables::move(const Victim& from, const Victim& to) {
  const bool is_made = has(from);
  forget(from);
  forget(to);
  if (is_made) {
    made_.insert(to);
  } else {
    schemas_.erase(to.schema);  // it has a table now that was there before
  }
}

void MadeTables::forget(const Victim& table) {
  if (table.table.empty()) {
    schemas_.erase(table.schema);
    std::erase_if(made_, [&](const Victim& made) { return made.schema == table.schema; });
    return;
  }
  std::erase_if(made_, [&](const Victim& made) {
    const bool is_column = table.column.empty() || made.column == table.column;
    return made.schema == table.schema && made.table == table.table && is_column;
  });
}

void MadeTables::forget_names_without_schema() {
  std::erase_if(made_, [](const Victim& made) { return made.schema.empty(); });
}

}  // namespace pgtide::sql
