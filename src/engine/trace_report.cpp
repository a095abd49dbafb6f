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

std::optional<Tracer> tracer_for(Trace trace, const LedgerNames& names) {
  if (trace == Trace::off) return std::nullopt;
  const TraceDetail detail =
      trace == Trace::statements ? TraceDetail::statements : TraceDetail::risks;
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

void add_traces(PairProof& proof, const PairScripts& pair, std::vector<ScriptTrace> traces,
                Trace trace) {
  for (const ScriptTrace& traced : traces) {
    const PairScript& script = traced.direction == Direction::up ? pair.forward : *pair.rollback;
    auto findings = rules::judge({.path = traced.path,
                                  .direction = traced.direction,
                                  .scan = &script.scan,
                                  .statements = &traced.statements});
    std::move(findings.begin(), findings.end(), std::back_inserter(proof.rule_findings));
  }
  if (trace == Trace::statements) proof.traces = std::move(traces);
}

}  // namespace pgtide::engine
