// What somebody asks for, and what was made of it before anything runs.
#pragma once

#include <vector>

#include "pgtide/ledger.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"

namespace pgtide {

// Where the scripts of a rollback come from.
enum class ScriptSource {
  directory,  // its files, and stored scripts for what it lacks
  ledger      // stored scripts alone; there need not be a directory
};

// What a dry run measures of its statements; a real run measures nothing.
enum class Trace {
  off,
  findings,   // what the safety rules need to know
  statements  // everything, for the report
};

struct RunRequest {
  Direction direction = Direction::up;
  Target target = ToNewest{};
  Finish finish = Finish::commit_each;
  PlanPolicy policy;
  ScriptSource scripts = ScriptSource::directory;  // `ledger` for rollbacks only
  Trace trace = Trace::findings;
};

// A plan whose scripts were read and found fit to run.
struct PreparedRun {
  RunRequest request;
  LedgerSnapshot ledger;  // what the plan was made from
  Plan plan;
  std::vector<sql::ScriptScan> scans;  // one for each step
  Foresight foresight = {};            // when somebody asked for it; for the report
};

}  // namespace pgtide
