// Many rows in one transaction.
#include <fmt/format.h>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

constexpr std::uint64_t many = 10000;

std::vector<Hit> check(const Script& script) {
  std::vector<Hit> hits;
  for (const StatementTrace& statement : *script.statements) {
    for (const RowsTrace& rows : statement.rows) {
      const std::uint64_t changed = (rows.updated + rows.deleted) / statement.times;
      if (!rows.existed || changed < many) continue;
      hits.push_back({.statement = &statement,
                      .message = fmt::format("{} {} of {} in one transaction",
                                             rows.updated >= rows.deleted ? "updates" : "deletes",
                                             counted(changed, "row", "rows"), rows.table)});
    }
  }
  return hits;
}

}  // namespace

std::vector<RuleSpec> row_rules() {
  return {
      {{"large-change", "one statement updates or deletes 10,000 rows or more",
        "The rows stay locked until the migration commits, their old versions stay in the "
        "table, and everything is lost and begun again when it fails.",
        "Put -- pgtide: batch size=1000 before the statement, in a migration of its own: pgtide "
        "repeats it in short transactions until nothing is left to do."},
       check}};
}

}  // namespace pgtide::rules
