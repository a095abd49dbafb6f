#include "engine/trace_report.hpp"

#include <iterator>
#include <utility>

#include "pgtide/rules.hpp"

namespace pgtide::engine {
namespace {

bool is_loss(const Change& change) {
  return change.kind == ChangeKind::table_dropped || change.kind == ChangeKind::column_dropped ||
         change.kind == ChangeKind::table_emptied;
}

}  // namespace

std::optional<Tracer> tracer_for(const RunRequest& request, const LedgerNames& names) {
  if (request.finish != Finish::roll_back || request.trace == Trace::off) return std::nullopt;
  const TraceDetail detail =
      request.trace == Trace::statements ? TraceDetail::statements : TraceDetail::risks;
  return Tracer({.names = names, .detail = detail});
}

void add_trace(Report& report, const std::vector<sql::ScriptScan>& scans, Tracer& tracer,
               Trace trace) {
  auto traced = tracer.scripts().begin();
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    StepReport& step = report.steps[i];
    std::vector<StatementTrace> statements;
    if (traced != tracer.scripts().end() && traced->version == step.step.version) {
      statements = std::move(traced->statements);
      ++traced;
    }
    for (const StatementTrace& statement : statements) {
      for (const Change& change : statement.changes) {
        if (is_loss(change)) step.losses.push_back(change);
      }
    }
    auto findings = rules::judge({.path = step.step.path,
                                  .direction = step.step.direction,
                                  .scan = &scans[i],
                                  .statements = &statements});
    std::move(findings.begin(), findings.end(), std::back_inserter(report.findings));
    if (trace == Trace::statements) step.trace = std::move(statements);
  }
}

}  // namespace pgtide::engine
