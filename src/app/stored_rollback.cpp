#include "app/stored_rollback.hpp"

#include <fmt/format.h>

#include "engine/required_proof.hpp"
#include "pgtide/checksum.hpp"
#include "pgtide/error.hpp"

namespace pgtide {
namespace {

bool is_stored_otherwise(const Step& step, ports::LedgerReader& ledger, ports::Scripts& scripts) {
  try {
    const auto stored = ledger.stored_rollback(step.version_text);
    return stored && checksum_of(*stored).text != engine::checksum_of_file(scripts, step.path);
  } catch (const Error&) {
    return false;  // the report of the failure matters more than this hint
  }
}

}  // namespace

void advise_stored_rollback(Report& report, ports::LedgerReader& ledger, ports::Scripts& scripts) {
  if (report.direction != Direction::down || !report.failure ||
      report.failure->kind != FailureKind::migration ||
      report.failure->step >= report.steps.size()) {
    return;
  }
  const Step& step = report.steps[report.failure->step].step;
  if (step.origin == ScriptOrigin::ledger || !is_stored_otherwise(step, ledger, scripts)) return;
  std::string& hint = report.failure->hint;
  if (!hint.empty()) hint += "; ";
  hint += fmt::format(
      "the file differs from the script that was stored when {} was applied: --from-ledger uses "
      "that one",
      step.version_text);
}

}  // namespace pgtide
