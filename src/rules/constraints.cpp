// Constraints that are checked against every row while the table is locked.
#include <fmt/format.h>

#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

std::vector<Hit> hits_of_constraints(const Script& script, ConstraintKind kind,
                                     std::string (*message)(const StatementTrace&, const Change&)) {
  return hits_of(script, ChangeKind::constraint_added,
                 [&](const StatementTrace& statement, const Change& change) {
                   return change.constraint == kind ? message(statement, change) : std::string();
                 });
}

std::vector<Hit> check_check(const Script& script) {
  return hits_of_constraints(script, ConstraintKind::check,
                             [](const StatementTrace&, const Change& change) -> std::string {
                               if (!change.checked) return {};
                               return fmt::format(
                                   "checks every row of {} for {} while nobody can read it",
                                   change.table, change.part);
                             });
}

// The keys of a column that was just added are all null, and nothing is looked up.
std::vector<Hit> check_foreign_key(const Script& script) {
  return hits_of_constraints(
      script, ConstraintKind::foreign_key,
      [](const StatementTrace& statement, const Change& change) -> std::string {
        const Change* column = also(statement, ChangeKind::column_added, change);
        if (!change.checked || (column != nullptr && !column->proven)) return {};
        const std::string both = change.referenced.empty() || change.referenced == change.table
                                     ? change.table
                                     : fmt::format("{} and {}", change.table, change.referenced);
        return fmt::format("looks up every row of {} for {} while nobody can write to {}",
                           change.table, change.part, both);
      });
}

std::vector<Hit> check_unique(const Script& script) {
  return hits_of(script, ChangeKind::constraint_added,
                 [](const StatementTrace&, const Change& change) -> std::string {
                   const bool is_key = change.constraint == ConstraintKind::unique ||
                                       change.constraint == ConstraintKind::primary_key;
                   if (!is_key || change.proven) return {};
                   return fmt::format("builds the index of {} while nobody can read {}",
                                      change.part, change.table);
                 });
}

std::vector<Hit> check_exclusion(const Script& script) {
  return hits_of_constraints(script, ConstraintKind::exclusion,
                             [](const StatementTrace&, const Change& change) {
                               return fmt::format("builds the index of {} while nobody can read {}",
                                                  change.part, change.table);
                             });
}

std::vector<Hit> check_validation(const Script& script) {
  return hits_of(script, ChangeKind::constraint_validated,
                 [&](const StatementTrace& statement, const Change& change) -> std::string {
                   for (const StatementTrace& earlier : *script.statements) {
                     for (const LockTrace& lock : earlier.locks) {
                       if (lock.object != change.table || !blocks_writes(lock.mode)) continue;
                       return fmt::format("validates {} while {} still holds {} on {}", change.part,
                                          &earlier == &statement
                                              ? "the same statement"
                                              : fmt::format("line {}", earlier.where.line),
                                          to_string(lock.mode), change.table);
                     }
                     if (&earlier == &statement) break;
                   }
                   return {};
                 });
}

}  // namespace

std::vector<RuleSpec> constraint_rules() {
  return {
      {{"check-scan", "a CHECK constraint is added and checked in one statement",
        "PostgreSQL reads the whole table under ACCESS EXCLUSIVE: every query on it waits.",
        "ADD CONSTRAINT … CHECK (…) NOT VALID, and ALTER TABLE … VALIDATE CONSTRAINT in the next "
        "migration: validating lets everybody read and write."},
       check_check},
      {{"foreign-key-scan", "a foreign key is added without NOT VALID",
        "PostgreSQL looks up every row under SHARE ROW EXCLUSIVE on both tables: nobody can write "
        "to either of them.",
        "ADD CONSTRAINT … FOREIGN KEY (…) REFERENCES … NOT VALID, and ALTER TABLE … VALIDATE "
        "CONSTRAINT in the next migration."},
       check_foreign_key},
      {{"unique-build", "a UNIQUE or PRIMARY KEY constraint builds its index",
        "The index is built under ACCESS EXCLUSIVE: every query on the table waits.",
        "CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then ALTER TABLE … ADD "
        "CONSTRAINT … UNIQUE USING INDEX … in the next."},
       check_unique},
      {{"exclusion-build", "an exclusion constraint is added",
        "Its index is built, and every row is compared, under ACCESS EXCLUSIVE. PostgreSQL has no "
        "way to do that beside other queries.",
        "Add it while the table is small, in a maintenance window, or to a new table that replaces "
        "this one."},
       check_exclusion},
      {{"validate-under-lock", "a constraint is validated under a lock of the same migration",
        "VALIDATE CONSTRAINT itself lets everybody read and write. But locks are held until the "
        "migration commits, and one that was taken before blocks the table while it reads every "
        "row.",
        "Put VALIDATE CONSTRAINT into a migration of its own, after the one that adds the "
        "constraint."},
       check_validation},
  };
}

}  // namespace pgtide::rules
