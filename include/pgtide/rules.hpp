// Safety rules: what is dangerous about a migration on a database that is in use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/finding.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/rule.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "pgtide/trace.hpp"

namespace pgtide::rules {

// Every rule, in the order of the documentation.
const std::vector<Rule>& all();
const Rule* find(std::string_view id);

// One script, and what its statements did as far as it was measured.
struct Script {
  std::string path;
  Direction direction = Direction::up;
  const sql::ScriptScan* scan = nullptr;
  const std::vector<StatementTrace>* statements = nullptr;
};

// Findings in the order of the script, without those that a directive of the script allows. Tables
// that the migration makes itself give none. Of a rollback script only what is certain is said:
// notices are left out.
std::vector<Finding> judge(const Script& script);

// `-- pgtide: allow` directives that name no rule, with the nearest one.
std::vector<Problem> unknown_allows(const sql::ScriptScan& scan, const std::string& path);

}  // namespace pgtide::rules
