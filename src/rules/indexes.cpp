// Indexes that are built, rebuilt or dropped while the table is locked.
#include <fmt/format.h>

#include <algorithm>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

std::vector<Hit> check_build(const Script& script) {
  return hits_of(script, ChangeKind::index_built,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   const bool of_constraint = std::any_of(
                       statement.changes.begin(), statement.changes.end(),
                       [&](const Change& other) {
                         return other.kind == ChangeKind::constraint_added &&
                                other.table == change.table && other.part == change.part;
                       });
                   if (of_constraint) return {};
                   return fmt::format("builds index {} while nobody can write to {}", change.part,
                                      change.table);
                 });
}

std::vector<Hit> check_drop(const Script& script) {
  return hits_of(script, ChangeKind::index_dropped,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   if (statement.command != "DROP INDEX") return {};
                   return fmt::format("drops index {} under ACCESS EXCLUSIVE on {}", change.part,
                                      change.table);
                 });
}

std::vector<Hit> check_rebuild(const Script& script) {
  return hits_of(script, ChangeKind::index_rebuilt,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   if (!statement.command.starts_with("REINDEX")) return {};
                   return fmt::format("rebuilds index {} while nobody can write to {}", change.part,
                                      change.table);
                 });
}

std::vector<Hit> check_refresh(const Script& script) {
  return hits_of(script, ChangeKind::table_rewritten,
                 [](const StatementTrace& statement, const Change& change) -> std::string {
                   if (!statement.command.starts_with("REFRESH")) return {};
                   return fmt::format("refreshes {}, which nobody can read meanwhile",
                                      change.table);
                 });
}

}  // namespace

std::vector<RuleSpec> index_rules() {
  return {
      {{"index-not-concurrent", "an index is built on a table with rows, without CONCURRENTLY",
        "CREATE INDEX holds SHARE on the table until the migration commits: reads go on, but every "
        "INSERT, UPDATE and DELETE waits.",
        "CREATE INDEX CONCURRENTLY in a migration of its own: pgtide runs it outside a transaction "
        "and clears away what a failed attempt leaves. On a partitioned table: CREATE INDEX … ON "
        "ONLY, then one CONCURRENTLY for each partition, then ALTER INDEX … ATTACH PARTITION."},
       check_build},
      {{"drop-index-not-concurrent", "an index is dropped without CONCURRENTLY",
        "DROP INDEX takes ACCESS EXCLUSIVE on the table. It is short, but it waits for every query "
        "that runs, and all that come later wait behind it.",
        "DROP INDEX CONCURRENTLY in a migration of its own; pgtide runs it outside a transaction."},
       check_drop},
      {{"reindex-not-concurrent", "an index is rebuilt without CONCURRENTLY",
        "REINDEX blocks writes to the table, and reads that would use the index, until it is done.",
        "REINDEX INDEX CONCURRENTLY in a migration of its own; pgtide runs it outside a "
        "transaction."},
       check_rebuild},
      {{"refresh-not-concurrent", "a materialized view is refreshed without CONCURRENTLY",
        "REFRESH MATERIALIZED VIEW holds ACCESS EXCLUSIVE on the view for as long as its query "
        "runs.",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index on the view."},
       check_refresh},
  };
}

}  // namespace pgtide::rules
