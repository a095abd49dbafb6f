// Where an emergency rollback leads when nobody names a version.
#pragma once

#include <optional>
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

enum class RunEnd {
  well,    // or nothing in the log says otherwise
  failed,  // it was interrupted, or a migration failed
  died     // it began a script outside transactions, and the log knows of no end
};

// What the log knows of one `up` run. Versions read `0005 (add_t5)`.
struct PastRun {
  LogEntry first;                    // the first thing that it did
  std::vector<std::string> applied;  // ascending
  RunEnd end = RunEnd::well;
  std::string stopped_at;  // the version that failed, or at which it died
};

struct WayBack {
  WayBackReason reason = WayBackReason::marked_good;
  Target target = ToNewest{};
  std::string
      version;       // that `target` names, as its row spells it; empty: nothing is applied there
  std::string name;  // of that version
  LogEntry origin;   // the mark, or the first thing that the run did
  // Not of a mark:
  PastRun run = {};                 // that is undone
  std::vector<PastRun> later = {};  // last_run_start: did not end well after it; newest first
  // last_run, when that applied nothing: the newest run of which something is applied still, and
  // the version that undoes just this, empty when none does.
  std::optional<PastRun> before = {};
  std::string before_undone_by = {};
};

// Both read the log, newest entry first, beside what is applied now. Pure.
//
// The last mark whose version has been applied ever since; without one, the newest applied version
// below everything that the last successful `up` run applied. Throws Error(usage) when the log
// knows neither, or when that run slipped a version in below others that stood there before it.
WayBack last_good(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger);

// What the last `up` run applied, whether it ended well or not, and what of it is applied still or
// half applied: the newest run of which the log knows anything, also when it applied nothing.
// Throws Error(usage) when the log knows of no run.
WayBack last_run(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger);

}  // namespace pgtide
