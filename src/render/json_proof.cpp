// The document of `verify`.
#include "pgtide/proof_documents.hpp"
#include "render/json_trace.hpp"
#include "render/json_values.hpp"
#include "render/proof_words.hpp"

namespace pgtide::render {
namespace {

const char* name_of(schema::Change change) {
  switch (change) {
    case schema::Change::added:
      return "left";
    case schema::Change::removed:
      return "missing";
    case schema::Change::changed:
      break;
  }
  return "changed";
}

const char* name_of(schema::Aspect aspect) {
  switch (aspect) {
    case schema::Aspect::column_order:
      return "column_order";
    case schema::Aspect::ownership:
      return "ownership";
    case schema::Aspect::server:
      return "server";
    case schema::Aspect::definition:
      break;
  }
  return "definition";
}

Json difference_object(const ProofDifference& found) {
  const schema::Difference& difference = found.difference;
  const bool changed = difference.change == schema::Change::changed;
  Json made_by = nullptr;
  if (found.made_by) {
    made_by = {{"file", found.made_by->where.file},
               {"line", position_number(found.made_by->where.line)},
               {"command", found.made_by->command}};
  }
  return {{"change", name_of(difference.change)},
          {"class", name_of(difference.aspect)},
          {"kind", difference.kind},
          {"identity", difference.identity},
          {"attribute", text_or_null(difference.attribute)},
          {"before", changed ? Json(difference.before) : Json(nullptr)},
          {"after", changed ? Json(difference.after) : Json(nullptr)},
          {"text", told({.difference = difference})},
          {"made_by", std::move(made_by)}};
}

Json row_object(const RowLoss& loss) {
  return {{"table", loss.table}, {"rows_before", loss.before}, {"rows_after", loss.after},
          {"lost", loss.lost},   {"changed", loss.changed},    {"columns", loss.columns}};
}

Json failure_object(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  return {{"file", text_or_null(failure->where.file)},
          {"line", position_number(failure->where.line)},
          {"column", position_number(failure->where.column)},
          {"source_line", sql_or_null(failure->source_line)},
          {"message", failure->message},
          {"sqlstate", text_or_null(failure->sqlstate)},
          {"detail", text_or_null(failure->detail)},
          {"server_hint", text_or_null(failure->server_hint)},
          {"hint", text_or_null(failure->hint)}};
}

Json trace_value(const PairProof& pair) {
  if (pair.traces.empty()) return nullptr;
  Json list = Json::array();
  for (const ScriptTrace& trace : pair.traces) {
    list.push_back({{"direction", to_string(trace.direction)},
                    {"script", trace.path},
                    {"statements", trace_list(trace.statements)}});
  }
  return list;
}

Json not_judged_list(const std::vector<NotJudged>& pairs) {
  Json list = Json::array();
  for (const NotJudged& pair : pairs) {
    list.push_back({{"version", pair.version_text},
                    {"name", pair.name},
                    {"reasons", problem_list(pair.reasons)}});
  }
  return list;
}

Json pair_object(const PairProof& pair) {
  Json differences = Json::array();
  for (const ProofDifference& found : pair.differences) {
    differences.push_back(difference_object(found));
  }
  Json rows = Json::array();
  for (const RowLoss& loss : pair.rows) rows.push_back(row_object(loss));
  return {{"version", pair.version_text},
          {"name", pair.name},
          {"forward", pair.forward_path},
          {"rollback", text_or_null(pair.rollback_path)},
          {"verdict", identifier(pair.verdict)},
          {"finding", is_finding(pair.verdict)},
          {"found", pair.phase == ProofPhase::pair ? "pair" : "staircase"},
          {"message", text_or_null(headline(pair))},
          {"differences", std::move(differences)},
          {"rows", std::move(rows)},
          {"failure", failure_object(pair.failure)},
          {"notes", pair.notes},
          {"trace", trace_value(pair)},
          {"findings", finding_list(pair.rule_findings)},
          {"duration_ms", pair.duration_ms}};
}

}  // namespace

std::string proof_json(const ProofReport& report) {
  Json migrations = Json::array();
  for (const PairProof& pair : report.migrations) migrations.push_back(pair_object(pair));
  Json not_judged = Json::array();
  for (const NotJudged& pair : report.not_judged) not_judged.push_back(pair.version_text);
  const auto count = [&](Verdict verdict) { return report.count(verdict); };
  return document({{"command", "verify"},
                   {"directory", report.directory},
                   {"server", text_or_null(report.server)},
                   {"result", report.has_findings() ? "findings" : "ok"},
                   {"summary",
                    {{"total", report.migrations.size()},
                     {"findings", report.findings()},
                     {"proved", count(Verdict::proved)},
                     {"not_restored", count(Verdict::not_restored)},
                     {"rollback_failed", count(Verdict::rollback_failed)},
                     {"up_failed", count(Verdict::up_failed)},
                     {"second_up_failed", count(Verdict::second_up_failed)},
                     {"data_lost", count(Verdict::data_lost)},
                     {"irreversible", count(Verdict::irreversible)},
                     {"no_rollback", count(Verdict::no_rollback)},
                     {"rule_findings", report.rule_findings()}}},
                   {"staircase", report.staircase},
                   {"applied_before", report.applied_only},
                   {"not_judged", std::move(not_judged)},
                   {"not_simulable", not_judged_list(report.not_judged)},
                   {"left_behind", problem_list(report.left_behind)},
                   {"recorded_in", text_or_null(report.recorded_in)},
                   {"duration_ms", report.duration_ms},
                   {"migrations", std::move(migrations)}});
}

}  // namespace pgtide::render
