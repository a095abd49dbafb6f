// Names that programs use.
#include <fmt/format.h>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

// Whether the table has rows makes no difference. A rollback only gives back the name that the
// version before uses.
std::vector<Hit> hits_of_renames(const Script& script, ChangeKind kind,
                                 std::string (*message)(const Change&)) {
  std::vector<Hit> hits;
  if (script.direction == Direction::down) return hits;
  for (const StatementTrace& statement : *script.statements) {
    for (const Change& change : statement.changes) {
      if (change.kind != kind || change.proven) continue;
      hits.push_back({.statement = &statement, .message = message(change)});
    }
  }
  return hits;
}

std::vector<Hit> check_table(const Script& script) {
  return hits_of_renames(script, ChangeKind::table_renamed, [](const Change& change) {
    return fmt::format("renames {} to {}", change.before, change.after);
  });
}

std::vector<Hit> check_column(const Script& script) {
  return hits_of_renames(script, ChangeKind::column_renamed, [](const Change& change) {
    return fmt::format("renames {}.{} to {}", change.table, change.before, change.after);
  });
}

}  // namespace

std::vector<RuleSpec> rename_rules() {
  return {
      {{"rename-table", "a table is renamed or moved to another schema",
        "Programs that run the version before fail from the moment of the commit until they are "
        "replaced; those of the new version fail until then.",
        "Rename it and create a view with the old name in the same migration; drop the view when "
        "nothing uses it any more."},
       check_table},
      {{"rename-column", "a column is renamed",
        "Programs that run the version before fail from the moment of the commit until they are "
        "replaced; those of the new version fail until then.",
        "Add a column with the new name, keep both up to date with a trigger, let the program use "
        "the new one, and drop the old one later. Or keep the name in the database and change it "
        "in "
        "the program only."},
       check_column},
  };
}

}  // namespace pgtide::rules
