#include "engine/run_rules.hpp"

#include <fmt/format.h>

#include "engine/loss_guard.hpp"

namespace pgtide::engine {
namespace {

void forbid(std::vector<Problem>& broken, std::string message, std::string hint,
            ScriptPosition where = {}) {
  broken.push_back({std::move(where), std::move(message), std::move(hint), {}});
}

void judge_losses(const PreparedRun& prepared, std::vector<Problem>& broken) {
  for (std::size_t i = 0; i < prepared.scans.size() && i < prepared.plan.steps.size(); ++i) {
    const sql::ScriptScan& scan = prepared.scans[i];
    for (const sql::Statement& loss : scan.losses) {
      if (loss_is_meant(scan, loss)) continue;
      forbid(broken, fmt::format("{} loses data", loss.text),
             "when that is meant, write `-- pgtide: allow data-loss <why>` before it, or add "
             "--allow-data-loss",
             {prepared.plan.steps[i].path, loss.begin.line, loss.begin.column});
    }
  }
}

}  // namespace

std::vector<Problem> broken_rules(const Settings& settings, const PreparedRun& prepared) {
  std::vector<Problem> broken;
  const Plan& plan = prepared.plan;
  if (plan.steps.empty()) return broken;
  if (settings.rules.forbid_out_of_order &&
      prepared.request.policy.out_of_order == OutOfOrder::allow) {
    forbid(broken, "out of order is forbidden",
           "leave --allow-out-of-order out; rules.forbid_out_of_order says so");
  }
  if (settings.rules.require_backup && !settings.backup.enabled) {
    forbid(broken, "a backup is required",
           "add --backup, or write `backup.enabled = true` beside the rule; --allow-no-backup runs "
           "without");
  }
  if (plan.direction == Direction::down) {
    if (settings.down_to_zero() == Permission::refuse && !plan.current_after(plan.steps.size())) {
      forbid(broken, "this would roll back everything",
             "when that is meant, add --allow-down-to-zero");
    }
  } else if (settings.data_loss() == Permission::refuse) {
    judge_losses(prepared, broken);
  }
  return broken;
}

}  // namespace pgtide::engine
