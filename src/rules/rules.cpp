#include "pgtide/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "pgtide/nearest.hpp"
#include "rules/rule.hpp"

namespace pgtide::rules {
namespace {

const std::vector<RuleSpec>& specs() {
  static const std::vector<RuleSpec> list = [] {
    std::vector<RuleSpec> all_specs;
    for (auto* family : {data_loss_rules, lock_rules, rewrite_rules, index_rules, constraint_rules,
                         column_rules, rename_rules, row_rules, enum_rules}) {
      auto some = family();
      std::move(some.begin(), some.end(), std::back_inserter(all_specs));
    }
    return all_specs;
  }();
  return list;
}

bool is_allowed(const Finding& finding, const sql::ScriptScan& scan) {
  return std::any_of(scan.allows.begin(), scan.allows.end(), [&](const sql::ScopedAllow& allow) {
    if (allow.what != finding.rule) return false;
    return !allow.statement || allow.statement->line == finding.where.line;
  });
}

Finding finding_of(const Rule& rule, Hit hit) {
  return {.rule = rule.id,
          .severity = hit.severity,
          .where = hit.statement != nullptr ? hit.statement->where : hit.where,
          .source_line = hit.statement != nullptr ? hit.statement->source_line : std::string(),
          .message = std::move(hit.message),
          .explanation = rule.explanation,
          .safer = rule.safer};
}

}  // namespace

const std::vector<Rule>& all() {
  static const std::vector<Rule> list = [] {
    std::vector<Rule> rules;
    for (const RuleSpec& spec : specs()) rules.push_back(spec.rule);
    return rules;
  }();
  return list;
}

const Rule* find(std::string_view id) {
  const auto found =
      std::find_if(all().begin(), all().end(), [&](const Rule& rule) { return rule.id == id; });
  return found == all().end() ? nullptr : &*found;
}

std::vector<Finding> judge(const Script& script) {
  std::vector<Finding> findings;
  for (const RuleSpec& spec : specs()) {
    for (Hit& hit : spec.check(script)) {
      if (script.direction == Direction::down && hit.severity == Severity::notice) continue;
      Finding finding = finding_of(spec.rule, std::move(hit));
      if (!is_allowed(finding, *script.scan)) findings.push_back(std::move(finding));
    }
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return findings;
}

std::vector<Problem> unknown_allows(const sql::ScriptScan& scan, const std::string& path) {
  std::vector<Problem> problems;
  std::vector<std::string> ids;
  for (const Rule& rule : all()) ids.push_back(rule.id);
  for (const sql::ScopedAllow& allow : scan.allows) {
    if (find(allow.what) != nullptr) continue;
    const std::string close = nearest(allow.what, ids);
    problems.push_back({.where = {path, allow.at.line, allow.at.column},
                        .message = fmt::format("allow names no rule: \"{}\"", allow.what),
                        .hint = close.empty() ? "`pgtide rules` lists them"
                                              : fmt::format("did you mean {}?", close),
                        .source_line = allow.source_line});
  }
  return problems;
}

std::vector<Hit> hits_of(
    const Script& script, ChangeKind kind,
    const std::function<std::string(const StatementTrace&, const Change&)>& message) {
  std::vector<Hit> hits;
  for (const StatementTrace& statement : *script.statements) {
    for (const Change& change : statement.changes) {
      if (change.kind != kind || change.online) continue;
      Hit hit{.statement = &statement, .message = message(statement, change)};
      if (hit.message.empty()) continue;
      if (change.filling == Filling::empty) {
        hit.severity = Severity::notice;
        hit.message += fmt::format(" (the {} is empty here)", change.relation_kind);
      }
      hits.push_back(std::move(hit));
    }
  }
  return hits;
}

const Change* also(const StatementTrace& statement, ChangeKind kind, const Change& change) {
  const auto found = std::find_if(
      statement.changes.begin(), statement.changes.end(),
      [&](const Change& other) { return other.kind == kind && other.table == change.table; });
  return found == statement.changes.end() ? nullptr : &*found;
}

std::string counted(std::uint64_t number, const std::string& one, const std::string& many) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits + " " + (number == 1 ? one : many);
}

}  // namespace pgtide::rules
