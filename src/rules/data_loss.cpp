// Rows and values that are gone for good.
#include <fmt/format.h>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

std::string amount(const Change& change, const char* one, const char* many) {
  if (!change.lost) return fmt::format("; its {} were not counted", many);
  return fmt::format(" with {}{}", change.lost_is_estimate ? "about " : "",
                     counted(*change.lost, one, many));
}

// A rollback takes back what its forward script made; what would be lost is listed beside it.
std::vector<Hit> check(const Script& script) {
  std::vector<Hit> hits;
  if (script.direction == Direction::down) return hits;
  for (const StatementTrace& statement : *script.statements) {
    for (const Change& change : statement.changes) {
      Hit hit{.statement = &statement};
      if (change.lost && *change.lost == 0) hit.severity = Severity::notice;
      switch (change.kind) {
        case ChangeKind::table_dropped:
          hit.message =
              fmt::format("drops table {}{}", change.table, amount(change, "row", "rows"));
          break;
        case ChangeKind::table_emptied:
          hit.message = fmt::format("empties {}{}", change.table, amount(change, "row", "rows"));
          break;
        case ChangeKind::column_dropped:
          hit.message = fmt::format("drops column {}.{}{}", change.table, change.part,
                                    amount(change, "value", "values"));
          break;
        default:
          continue;
      }
      hits.push_back(std::move(hit));
    }
  }
  return hits;
}

}  // namespace

std::vector<RuleSpec> data_loss_rules() {
  return {{{"data-loss", "a table or a column with rows is dropped, or a table is emptied",
            "The rows are gone when the migration commits: its rollback script can make the table "
            "or the column again, but not what stood in it. Programs that still run the version "
            "before fail when they use it.",
            "Deploy the program that no longer uses it first. Keep what may be needed: rename the "
            "table away or copy the column into another table, and drop it in a later migration. "
            "When the rows may go, say so with -- pgtide: allow data-loss <why>."},
           check}};
}

}  // namespace pgtide::rules
