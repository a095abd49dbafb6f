// A rule is data and one function.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pgtide/rules.hpp"

namespace pgtide::rules {

// What a rule says of one statement; the rest of a Finding comes from its data.
struct Hit {
  const StatementTrace* statement = nullptr;
  ScriptPosition where = {};  // when there is no statement
  Severity severity = Severity::warning;
  std::string message;
};

struct RuleSpec {
  Rule rule;
  std::vector<Hit> (*check)(const Script& script) = nullptr;
};

// One function a file of src/rules.
std::vector<RuleSpec> data_loss_rules();
std::vector<RuleSpec> lock_rules();
std::vector<RuleSpec> rewrite_rules();
std::vector<RuleSpec> index_rules();
std::vector<RuleSpec> constraint_rules();
std::vector<RuleSpec> column_rules();
std::vector<RuleSpec> rename_rules();
std::vector<RuleSpec> row_rules();
std::vector<RuleSpec> enum_rules();

// --- for checks ---

// A hit for every change of this kind that `message` has something to say about (not an empty
// text). Of tables that are empty here it is a notice, and says so.
std::vector<Hit> hits_of(
    const Script& script, ChangeKind kind,
    const std::function<std::string(const StatementTrace&, const Change&)>& message);

// A change of this kind that the statement made to the same table as `change`.
const Change* also(const StatementTrace& statement, ChangeKind kind, const Change& change);

// `1 row`, `12,000 rows`
std::string counted(std::uint64_t number, const std::string& one, const std::string& many);

}  // namespace pgtide::rules
