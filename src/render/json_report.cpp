// The document of `up` and `down`.
#include "pgtide/drift_documents.hpp"
#include "pgtide/render.hpp"
#include "render/json_drift.hpp"
#include "render/json_trace.hpp"
#include "render/json_values.hpp"
#include "render/run_words.hpp"

namespace pgtide::render {
namespace {

const char* name_of(Result result) {
  switch (result) {
    case Result::ok:
      return "ok";
    case Result::failed:
      return "failed";
    case Result::interrupted:
      return "interrupted";
    case Result::not_simulable:
      return "not_simulable";
    case Result::nothing_to_do:
      break;
  }
  return "nothing_to_do";
}

const char* name_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::migration:
      return "migration";
    case FailureKind::environment:
      return "environment";
    case FailureKind::interrupted:
      break;
  }
  return "interrupted";
}

Json tally_list(const std::vector<Tally>& tallies) {
  Json list = Json::array();
  for (const Tally& tally : tallies) {
    list.push_back({{"command", tally.command},
                    {"statements", tally.statements},
                    {"rows", counts_rows(tally) ? Json(tally.rows) : Json(nullptr)}});
  }
  return list;
}

Json step_object(const StepReport& report) {
  const bool ran = report.outcome == StepOutcome::done || report.outcome == StepOutcome::undone ||
                   report.outcome == StepOutcome::failed || report.duration_ms > 0;
  return {{"version", report.step.version_text},
          {"name", report.step.name},
          {"script", report.step.path},
          {"script_origin", report.step.origin == ScriptOrigin::file ? "file" : "ledger"},
          {"outcome", outcome_word(report.outcome)},
          {"duration_ms", ran ? Json(report.duration_ms) : Json(nullptr)},
          {"statements", report.statements},
          {"commands", tally_list(report.tallies)},
          {"not_simulable", problem_list(report.not_simulable)},
          {"losses", loss_list(report.losses)},
          {"trace", report.trace ? trace_list(*report.trace) : Json(nullptr)}};
}

Json batches_value(const std::optional<BatchProgress>& batches) {
  if (!batches) return nullptr;
  return {
      {"count", batches->batches}, {"rows", batches->rows}, {"elapsed_ms", batches->elapsed_ms}};
}

Json failure_object(const Report& report) {
  if (!report.failure) return nullptr;
  const Failure& failure = *report.failure;
  const Step* step =
      failure.step < report.steps.size() ? &report.steps[failure.step].step : nullptr;
  return {{"kind", name_of(failure.kind)},
          {"version", step != nullptr ? text_or_null(step->version_text) : Json(nullptr)},
          {"file", text_or_null(failure.where.file)},
          {"line", position_number(failure.where.line)},
          {"column", position_number(failure.where.column)},
          {"source_line", sql_or_null(failure.source_line)},
          {"message", failure.message},
          {"sqlstate", text_or_null(failure.sqlstate)},
          {"detail", text_or_null(failure.detail)},
          {"server_hint", text_or_null(failure.server_hint)},
          {"context", sql_or_null(failure.context)},
          {"hint", text_or_null(failure.hint)},
          {"recorded", failure.recorded},
          {"record_error", text_or_null(failure.record_error)},
          {"batches", batches_value(failure.batches)},
          {"signal", failure.signal > 0 ? Json(failure.signal) : Json(nullptr)}};
}

}  // namespace

std::string report_json(const Report& report) {
  return report_json(report, {});
}

std::string report_json(const Report& report, const SchemaDrift& schema) {
  Json migrations = Json::array();
  for (const StepReport& step : report.steps) migrations.push_back(step_object(step));
  return document(
      {{"run_id", text_or_null(report.run_id)},
       {"command", to_string(report.direction)},
       {"dry_run", report.finish == Finish::roll_back},
       {"single_transaction", report.finish == Finish::commit_all},
       {"result", name_of(result_of(report))},
       {"current", report.current ? Json(version_text(*report.current, report)) : Json(nullptr)},
       {"duration_ms", report.duration_ms},
       {"migrations", std::move(migrations)},
       {"findings", finding_list(report.findings)},
       {"unforeseen", problem_list(report.unforeseen)},
       {"left_behind", problem_list(report.left_behind)},
       {"schema", restored_value(schema)},
       {"failure", failure_object(report)}});
}

}  // namespace pgtide::render
