// Columns that are added or become required.
#include <fmt/format.h>

#include <algorithm>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

bool adds_primary_key(const StatementTrace& statement, const Change& change) {
  return std::any_of(statement.changes.begin(), statement.changes.end(), [&](const Change& other) {
    return other.kind == ChangeKind::constraint_added && other.table == change.table &&
           other.constraint == ConstraintKind::primary_key && !other.proven;
  });
}

std::vector<Hit> check_not_null(const Script& script) {
  return hits_of(
      script, ChangeKind::column_required,
      [](const StatementTrace& statement, const Change& change) -> std::string {
        const bool read_anyway = also(statement, ChangeKind::table_rewritten, change) != nullptr ||
                                 adds_primary_key(statement, change);
        if (change.proven || read_anyway) return {};
        return fmt::format("looks for nulls in every row of {}.{} while nobody can read the table",
                           change.table, change.part);
      });
}

// With rows in the table the server refuses it; here there were none.
std::vector<Hit> check_required(const Script& script) {
  return hits_of(script, ChangeKind::column_added,
                 [](const StatementTrace&, const Change& change) -> std::string {
                   if (!change.required || change.proven) return {};
                   return fmt::format(
                       "adds {}.{} as NOT NULL without a default, which fails when "
                       "the table has rows",
                       change.table, change.part);
                 });
}

std::vector<Hit> check_json(const Script& script) {
  std::vector<Hit> hits =
      hits_of(script, ChangeKind::column_added,
              [](const StatementTrace&, const Change& change) -> std::string {
                if (change.after != "json") return {};
                return fmt::format("adds {}.{} of type json", change.table, change.part);
              });
  for (Hit& hit : hits) hit.severity = Severity::notice;
  return hits;
}

}  // namespace

std::vector<RuleSpec> column_rules() {
  return {
      {{"not-null-scan", "a column becomes NOT NULL without a check that proves it",
        "SET NOT NULL reads the whole table under ACCESS EXCLUSIVE, unless a validated CHECK "
        "constraint already says that the column is not null.",
        "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in the next "
        "migration; then SET NOT NULL, which reads nothing, and drop the check."},
       check_not_null},
      {{"required-column", "a NOT NULL column is added without a default",
        "It works while the table is empty, as on a test database, and fails where it has rows. "
        "Programs of the version before do not fill the column either.",
        "Give it a constant default, or add it as nullable, fill it, and make it NOT NULL later."},
       check_required},
      {{"json-column", "a column of type json is added",
        "json has no equality: SELECT DISTINCT, GROUP BY and UNION over the table's columns fail "
        "from now on, and every access parses the text again.",
        "Use jsonb."},
       check_json},
  };
}

}  // namespace pgtide::rules
