#include "pgtide/way_back.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "wording.hpp"

namespace pgtide {
namespace {

bool is_event(const LogEntry& entry, LogEvent event) {
  return entry.event == to_string(event);
}

bool is_up(const LogEntry& entry) {
  return entry.direction == to_string(Direction::up);
}

// What one call of pgtide wrote.
struct Run {
  LogEntry first;
  std::vector<Version> applied;  // ascending
  bool failed = false;
};

Run run_of(const std::vector<LogEntry>& log, const std::string& run_id) {
  Run run;
  for (const LogEntry& entry : log) {
    if (entry.run_id != run_id || !is_up(entry)) continue;
    run.first = entry;  // the log begins with the newest
    if (is_event(entry, LogEvent::failed)) run.failed = true;
    const auto version = Version::parse(entry.version);
    if (version && is_event(entry, LogEvent::applied)) run.applied.push_back(*version);
  }
  std::sort(run.applied.begin(), run.applied.end());
  return run;
}

enum class Ended { well, in_any_way };

// The newest `up` run that applied something.
Run newest_run(const std::vector<LogEntry>& log, Ended wanted) {
  std::set<std::string> seen;
  for (const LogEntry& entry : log) {
    if (!is_event(entry, LogEvent::applied) || !is_up(entry)) continue;
    if (!seen.insert(entry.run_id).second) continue;
    Run run = run_of(log, entry.run_id);
    if (!run.applied.empty() && (wanted == Ended::in_any_way || !run.failed)) return run;
  }
  throw Error(ErrorKind::usage,
              wanted == Ended::well ? "no version is marked good, and the log knows of no `up` run "
                                      "that ended well; nothing was rolled back"
                                    : "the log knows of no `up` run; nothing was rolled back",
              "`pgtide status` lists what is applied; `pgtide down VERSION` goes back to VERSION");
}

std::string shown(const LedgerSnapshot& ledger, Version version) {
  const LedgerRow* row = ledger.find(version);
  return row == nullptr ? version.padded(4) : labelled(row->version_text, row->name);
}

// The newest applied version that `accept` takes; null when there is none.
template <typename Accept>
const LedgerRow* newest_applied(const LedgerSnapshot& ledger, Accept accept) {
  const auto found =
      std::find_if(ledger.rows.rbegin(), ledger.rows.rend(),
                   [&](const LedgerRow& row) { return is_applied(row) && accept(row.version); });
  return found == ledger.rows.rend() ? nullptr : &*found;
}

WayBack to_row(WayBackReason reason, const LedgerRow* row, const LogEntry& origin) {
  if (row == nullptr) return {.reason = reason, .target = ToEmpty{}, .origin = origin};
  return {.reason = reason,
          .target = ToVersion{row->version_text},
          .version = row->version_text,
          .name = row->name,
          .origin = origin};
}

// Whether the version went away, even for a moment, after what `log` says before `end`.
bool was_touched(const std::vector<LogEntry>& log, std::vector<LogEntry>::const_iterator end,
                 Version version) {
  return std::any_of(log.begin(), end, [&](const LogEntry& entry) {
    const bool is_change =
        is_event(entry, LogEvent::applied) || is_event(entry, LogEvent::rolled_back);
    return is_change && Version::parse(entry.version) == version;
  });
}

// Whether the version was there before the run began.
bool stood_before(const std::vector<LogEntry>& log, Version version, const Run& run) {
  const auto applied = std::find_if(log.begin(), log.end(), [&](const LogEntry& entry) {
    const bool is_applied = is_event(entry, LogEvent::applied) ||
                            is_event(entry, LogEvent::baselined) ||
                            is_event(entry, LogEvent::resolved);
    return is_applied && Version::parse(entry.version) == version;
  });
  return applied == log.end() || applied->id < run.first.id;
}

// A run that slipped a version in below others started at no version that can be gone back to.
void require_start(const Run& run, const std::vector<LogEntry>& log, const LedgerSnapshot& ledger,
                   const LedgerRow* start) {
  for (const LedgerRow& row : ledger.rows) {
    const bool is_above = row.version > run.applied.front() && is_applied(row);
    if (!is_above || !stood_before(log, row.version, run)) continue;
    throw Error(
        ErrorKind::usage,
        fmt::format("the last successful run applied {} below {}, which was there before: no "
                    "version is where it started; nothing was rolled back",
                    shown(ledger, run.applied.front()), shown(ledger, row.version)),
        fmt::format("`pgtide down {}` rolls back both of them",
                    start == nullptr ? "0" : start->version_text));
  }
}

}  // namespace

WayBack last_good(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger) {
  for (auto entry = log.begin(); entry != log.end(); ++entry) {
    if (!is_event(*entry, LogEvent::marked_good)) continue;
    const auto version = Version::parse(entry->version);
    const LedgerRow* row = version ? ledger.find(*version) : nullptr;
    if (row == nullptr || !is_applied(*row) || was_touched(log, entry, *version)) continue;
    return to_row(WayBackReason::marked_good, row, *entry);
  }
  const Run run = newest_run(log, Ended::well);
  const LedgerRow* start =
      newest_applied(ledger, [&](Version version) { return version < run.applied.front(); });
  require_start(run, log, ledger, start);
  return to_row(WayBackReason::last_run_start, start, run.first);
}

WayBack last_run(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger) {
  const Run run = newest_run(log, Ended::in_any_way);
  std::vector<Version> versions;
  std::copy_if(run.applied.begin(), run.applied.end(), std::back_inserter(versions),
               [&](Version version) {
                 const LedgerRow* row = ledger.find(version);
                 return row != nullptr && is_applied(*row);
               });
  const Version lowest = run.applied.front();
  const LedgerRow* below =
      newest_applied(ledger, [&](Version version) { return version < lowest; });
  WayBack way = to_row(WayBackReason::last_run, below, run.first);
  way.target = Exactly{std::move(versions)};
  return way;
}

}  // namespace pgtide
