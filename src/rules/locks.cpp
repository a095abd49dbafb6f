// Locks that are held longer than they need be.
#include <fmt/format.h>

#include <algorithm>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

constexpr std::uint64_t many_rows = 1000;
constexpr std::int64_t long_us = 200'000;

// What takes time in a statement, and whether it does so on this database.
struct Work {
  std::string what;
  Severity severity = Severity::warning;
};

// VALIDATE CONSTRAINT has a rule of its own.
std::string scan_of(const Change& change) {
  if (change.online) return {};
  switch (change.kind) {
    case ChangeKind::table_rewritten:
      return fmt::format("rewrites {}", change.table);
    case ChangeKind::index_built:
      return fmt::format("builds an index on {}", change.table);
    case ChangeKind::index_rebuilt:
      return fmt::format("rebuilds an index of {}", change.table);
    case ChangeKind::constraint_added:
      return change.checked && !change.proven ? fmt::format("reads all of {}", change.table)
                                              : std::string();
    case ChangeKind::column_required:
      return change.proven ? std::string() : fmt::format("reads all of {}", change.table);
    default:
      return {};
  }
}

// Rows of `table` that a small UPDATE changes here may be many elsewhere.
std::vector<Work> work_of(const StatementTrace& statement, const std::string& table) {
  std::vector<Work> all;
  for (const Change& change : statement.changes) {
    std::string what = scan_of(change);
    if (what.empty()) continue;
    all.push_back(
        {std::move(what), change.filling == Filling::empty ? Severity::notice : Severity::warning});
  }
  for (const RowsTrace& rows : statement.rows) {
    const std::uint64_t touched = rows.inserted + rows.updated + rows.deleted;
    const bool is_many = touched >= many_rows;
    if (!is_many && !(rows.table == table && rows.updated + rows.deleted > 0)) continue;
    all.push_back({fmt::format("changes {} of {}", counted(touched, "row", "rows"), rows.table),
                   is_many ? Severity::warning : Severity::notice});
  }
  if (all.empty() && statement.duration_us >= long_us) {
    all.push_back({fmt::format("runs for {} ms", statement.duration_us / 1000)});
  }
  return all;
}

std::vector<Hit> check(const Script& script) {
  std::vector<Hit> hits;
  const auto& statements = *script.statements;
  std::vector<std::string> told;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    bool told_here = false;  // partitions are locked with their table
    for (const LockTrace& lock : statements[i].locks) {
      const bool is_table = lock.kind == "table" || lock.kind == "partitioned table";
      if (!blocks_reads(lock.mode) || !is_table || told_here) continue;
      if (std::find(told.begin(), told.end(), lock.object) != told.end()) continue;
      for (std::size_t j = i + 1; j < statements.size(); ++j) {
        if (statements[j].transaction != statements[i].transaction) break;
        const std::vector<Work> work = work_of(statements[j], lock.object);
        if (work.empty()) continue;
        hits.push_back(
            {.statement = &statements[i],
             .severity = work.front().severity,
             .message = fmt::format("locks {} against reads and writes while line {} {}",
                                    lock.object, statements[j].where.line, work.front().what)});
        told.push_back(lock.object);
        told_here = true;
        break;
      }
    }
  }
  return hits;
}

}  // namespace

std::vector<RuleSpec> lock_rules() {
  return {{{"lock-held-during-work", "a table is locked while later statements do long work",
            "ALTER TABLE and DROP take ACCESS EXCLUSIVE, and a transaction keeps its locks to the "
            "end: every query on the table waits for what the migration does afterwards, too.",
            "Put the long work into a migration of its own, before or after: each migration is a "
            "transaction. Within one migration let the statement that locks come last."},
           check}};
}

}  // namespace pgtide::rules
