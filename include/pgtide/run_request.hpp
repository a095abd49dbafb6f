// What somebody asks for, and what was made of it before anything runs.
#pragma once

#include <vector>

#include "pgtide/ledger.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"

namespace pgtide {

struct RunRequest {
  Direction direction = Direction::up;
  Target target = ToNewest{};
  Finish finish = Finish::commit_each;
  PlanPolicy policy;
};

// A plan whose scripts were read and found fit to run.
struct PreparedRun {
  RunRequest request;
  LedgerSnapshot ledger;  // what the plan was made from
  Plan plan;
  std::vector<sql::ScriptScan> scans;  // one for each step
};

}  // namespace pgtide
