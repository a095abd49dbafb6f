// A table is locked, and rewritten, once for all its columns.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

constexpr std::string_view alter_table = "ALTER TABLE ";

struct Joined {
  std::string table;                 // empty: no change of columns
  std::vector<std::string> actions;  // or the only statement
};

Joined read_statement(std::string& statement) {
  if (statement.starts_with(alter_table)) {
    const std::string_view rest = std::string_view(statement).substr(alter_table.size());
    const std::string table = split_list(rest, " ").front();
    const std::string_view action = rest.substr(table.size() + 1);
    for (const std::string_view words : {"ADD COLUMN ", "DROP COLUMN ", "ALTER COLUMN "}) {
      if (action.starts_with(words)) return {table, {std::string(action)}};
    }
  }
  return {{}, {std::move(statement)}};
}

std::string joined_text(const Joined& joined) {
  if (joined.table.empty()) return joined.actions.front();
  std::string sql = std::string(alter_table) + joined.table;
  if (joined.actions.size() == 1) return sql + " " + joined.actions.front();
  for (const std::string& action : joined.actions) {
    sql += (&action == &joined.actions.front() ? "\n  " : ",\n  ") + action;
  }
  return sql;
}

// What may stand between two changes of a table without being touched by either.
bool is_remark(const Joined& joined) {
  if (!joined.table.empty()) return false;
  const std::string& statement = joined.actions.front();
  return statement.starts_with("COMMENT ON COLUMN ") || statement.starts_with("GRANT ") ||
         statement.starts_with("REVOKE ");
}

// `ALTER COLUMN a TYPE` of `ALTER COLUMN a TYPE text`: no column can get two types at once.
std::optional<std::string> new_type(const std::string& action) {
  const std::vector<std::string> words = split_list(action, " ");
  if (words.size() < 4 || words[0] != "ALTER" || words[3] != "TYPE") return std::nullopt;
  return words[2];
}

bool can_take(const Joined& joined, const std::string& action) {
  const auto type = new_type(action);
  if (!type) return true;
  return std::ranges::none_of(joined.actions,
                              [&](const std::string& other) { return new_type(other) == type; });
}

}  // namespace

void join_column_changes(Statements& statements) {
  std::vector<Joined> all;
  for (std::string& statement : statements) {
    Joined one = read_statement(statement);
    auto back = all.rbegin();
    while (!one.table.empty() && back != all.rend() && is_remark(*back)) ++back;
    const bool joins = !one.table.empty() && back != all.rend() && back->table == one.table &&
                       can_take(*back, one.actions.front());
    if (joins) {
      back->actions.push_back(std::move(one.actions.front()));
    } else {
      all.push_back(std::move(one));
    }
  }
  statements.clear();
  for (const Joined& joined : all) statements.push_back(joined_text(joined));
}

}  // namespace pgtide::schema
