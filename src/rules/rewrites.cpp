// Tables that are written anew.
#include <fmt/format.h>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

std::vector<Hit> check_rewrite(const Script& script) {
  return hits_of(script, ChangeKind::table_rewritten,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   const bool by_column = also(statement, ChangeKind::column_retyped, change) ||
                                          also(statement, ChangeKind::column_added, change);
                   if (by_column || change.relation_kind == "materialized view") return {};
                   return fmt::format("rewrites {}, which nobody can read meanwhile", change.table);
                 });
}

std::vector<Hit> check_type(const Script& script) {
  return hits_of(script, ChangeKind::column_retyped,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   if (!also(statement, ChangeKind::table_rewritten, change)) return {};
                   return fmt::format("changes {}.{} from {} to {}, which rewrites the table",
                                      change.table, change.part, change.before, change.after);
                 });
}

std::vector<Hit> check_column(const Script& script) {
  return hits_of(script, ChangeKind::column_added,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   if (!also(statement, ChangeKind::table_rewritten, change) ||
                       also(statement, ChangeKind::column_retyped, change)) {
                     return {};
                   }
                   return fmt::format(
                       "adds {}.{} with a value of its own in each row, which rewrites the table",
                       change.table, change.part);
                 });
}

}  // namespace

std::vector<RuleSpec> rewrite_rules() {
  return {
      {{"table-rewrite", "a table with rows is rewritten",
        "PostgreSQL copies the whole table and builds all of its indexes anew. It holds ACCESS "
        "EXCLUSIVE for as long: every query on the table waits.",
        "Do it in a maintenance window, or copy in portions: a new table, a trigger that keeps it "
        "up to date, a batched copy, and a rename at the end. pg_repack and pg_squeeze do that for "
        "CLUSTER and VACUUM FULL."},
       check_rewrite},
      {{"type-change", "a column gets a type that rewrites the table",
        "A change of type copies every row and builds the indexes anew under ACCESS EXCLUSIVE, "
        "unless both types are stored alike (varchar(10) to varchar(20) or text, for example).",
        "Add a column of the new type, fill it in batches (-- pgtide: batch), keep both up to date "
        "with a trigger, let the program use the new one, and drop the old one later."},
       check_type},
      {{"column-rewrite", "a column is added whose values differ from row to row",
        "A default that is computed for each row (gen_random_uuid(), clock_timestamp(), a "
        "sequence), an identity or a stored generated column must be written into every row, under "
        "ACCESS EXCLUSIVE. A constant default, now() too, is stored once and costs nothing.",
        "Add the column without default; then ALTER COLUMN … SET DEFAULT, which holds for new "
        "rows; "
        "then fill the old rows in batches (-- pgtide: batch) in a migration of its own."},
       check_column},
  };
}

}  // namespace pgtide::rules
