// Enum values that are used where they are made.
#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

// A script of this kind cannot run in one transaction, which the scan found out.
std::vector<Hit> check(const Script& script) {
  std::vector<Hit> hits;
  for (const sql::Statement& statement : script.scan->non_transactional) {
    if (!statement.text.starts_with("ALTER TYPE")) continue;
    hits.push_back({.where = {script.path, statement.begin.line, statement.begin.column},
                    .message = "adds an enum value that the same migration uses"});
  }
  return hits;
}

}  // namespace

std::vector<RuleSpec> enum_rules() {
  return {
      {{"enum-use", "a new enum value is used in the migration that adds it",
        "PostgreSQL lets a new value be used only after its transaction has committed. So pgtide "
        "runs the migration statement by statement: when one fails, those before it stay, and a "
        "dry run cannot try it.",
        "Add the value in a migration of its own, and use it in the next."},
       check}};
}

}  // namespace pgtide::rules
