// Where an emergency rollback leads when nobody names a version.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ledger.hpp"
#include "pgtide/plan.hpp"

namespace pgtide {

enum class WayBackReason {
  marked_good,     // `target` is the version that was marked last
  last_run_start,  // `target` is where the last successful `up` run started
  last_run         // `target` is exactly what the last `up` run applied
};

struct WayBack {
  WayBackReason reason = WayBackReason::marked_good;
  Target target = ToNewest{};
  std::string
      version;       // that `target` names, as its row spells it; empty: nothing is applied there
  std::string name;  // of that version
  LogEntry origin;   // the mark, or the first thing that the run did
};

// Both read the log, newest entry first, beside what is applied now. Pure.
//
// The last mark whose version has been applied ever since; without one, the newest applied version
// below everything that the last successful `up` run applied. Throws Error(usage) when the log
// knows neither, or when that run slipped a version in below others that stood there before it.
WayBack last_good(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger);

// The versions that the last `up` run applied, whether it ended well or not, and that are applied
// still. Throws Error(usage) when the log knows of no run.
WayBack last_run(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger);

}  // namespace pgtide
