#include "engine/after_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pgtide::engine {
namespace {

// Long enough for a server to come back from a crash, short enough for somebody who waits.
constexpr std::chrono::seconds patience{20};

bool is_committed(const Step& step, const LedgerSnapshot& ledger) {
  const LedgerRow* row = ledger.find(step.version);
  if (row == nullptr) return false;
  if (step.direction == Direction::up) return is_applied(*row);
  return !is_applied(*row) && !row->progress;
}

// Index of the first step that is not done.
std::size_t next_step(const Report& report) {
  const auto next = std::ranges::find_if(
      report.steps, [](const StepReport& step) { return step.outcome != StepOutcome::done; });
  return static_cast<std::size_t>(next - report.steps.begin());
}

void take_from_ledger(Report& report, const LedgerSnapshot& ledger, ports::Observer& observer) {
  for (std::size_t i = next_step(report); i < report.steps.size(); ++i) {
    StepReport& step = report.steps[i];
    if (!is_committed(step.step, ledger)) return;
    step.outcome = StepOutcome::done;
    step.duration_ms = ledger.find(step.step.version)->execution_time_ms.value_or(0);
    observer.on_step_finished(step, i, report.steps.size());
  }
}

std::string way_on(const Step& step, const LedgerSnapshot& ledger) {
  const char* again = step.direction == Direction::up ? "`pgtide up`" : "the same `pgtide down`";
  const LedgerRow* row = ledger.find(step.version);
  if (row != nullptr && row->progress && row->progress->done >= row->progress->of) {
    return fmt::format("all statements of {} are done, but not its row in the ledger; {} writes it",
                       step.version_text, again);
  }
  if (row != nullptr && row->progress) {
    return fmt::format("{} stopped at statement {} of {}; {} goes on there", step.version_text,
                       row->progress->done + 1, row->progress->of, again);
  }
  return fmt::format("the server was asked again: nothing of {} is committed; run {} again",
                     step.version_text, again);
}

// What the ledger has; `failure` is kept for the first step that is missing in it.
void settle_by_ledger(Report& report, const LedgerSnapshot& ledger, Failure failure,
                      ports::Observer& observer) {
  take_from_ledger(report, ledger, observer);
  report.current = ledger.current();
  failure.step = next_step(report);
  if (failure.step == report.steps.size()) {
    observer.on_remark({.where = {},
                        .message = failure.message + "; the ledger has the whole run as committed",
                        .hint = {},
                        .source_line = {}});
    return;
  }
  StepReport& step = report.steps[failure.step];
  step.outcome = StepOutcome::failed;
  failure.where.file = step.step.path;
  failure.hint = way_on(step.step, ledger);
  report.failure = std::move(failure);
}

// nullopt: the server does not answer, or is lost again meanwhile.
std::optional<LedgerSnapshot> ledger_now(const Ports& ports, const std::optional<Backend>& lost) {
  try {
    const auto fresh = ports.ledger.reconnect(patience, ports.interrupt, lost);
    if (!fresh) return std::nullopt;
    return fresh->read(ports::LedgerReader::Detail::complete);
  } catch (const ports::ConnectionLost&) {
    return std::nullopt;
  }
}

}  // namespace

Report settle_after_loss(Report report, const Plan& plan, const ports::ConnectionLost& lost,
                         const Ports& ports, const std::optional<Backend>& backend) {
  Failure failure;
  failure.kind = FailureKind::environment;
  failure.message = lost.what();
  if (ports.interrupt.signal() != 0) {
    failure.kind = FailureKind::interrupted;
    failure.signal = ports.interrupt.signal();
  }
  failure.step = next_step(report);
  if (report.finish == Finish::roll_back) {
    failure.hint = "a dry run commits nothing; run it again";
    report.failure = std::move(failure);
    return report;
  }
  if (const auto ledger = ledger_now(ports, backend)) {
    settle_by_ledger(report, *ledger, std::move(failure), ports.observer);
    return report;
  }
  for (std::size_t i = next_step(report); i < report.steps.size(); ++i) {
    report.steps[i].outcome = StepOutcome::unknown;
  }
  report.current = plan.current_after(report.count(StepOutcome::done));
  failure.hint =
      "the server does not answer; what was not confirmed may or may not be committed: `pgtide "
      "status` tells once it does";
  report.failure = std::move(failure);
  return report;
}

}  // namespace pgtide::engine
