#include "pgtide/way_back.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "wording.hpp"

namespace pgtide {
namespace {

bool is_event(const LogEntry& entry, LogEvent event) {
  return entry.event == to_string(event);
}

bool is_up(const LogEntry& entry) {
  return entry.direction == to_string(Direction::up);
}

std::string shown(const LedgerSnapshot& ledger, Version version) {
  const LedgerRow* row = ledger.find(version);
  return row == nullptr ? version.padded(4) : labelled(row->version_text, row->name);
}

// What one `up` call of pgtide wrote.
struct Run {
  LogEntry first;
  std::vector<Version> applied;  // ascending
  std::optional<Version> begun;  // outside transactions, and never applied
  std::optional<Version> failed;

  bool ended_well() const { return !begun && !failed; }
  std::optional<Version> stopped_at() const { return failed ? failed : begun; }
};

void note(const LogEntry& entry, Run& run) {
  const auto version = Version::parse(entry.version);
  if (!version) return;
  if (is_event(entry, LogEvent::started)) {
    run.begun = version;
  } else if (is_event(entry, LogEvent::failed)) {
    run.failed = version;
  } else {
    if (run.begun == version) run.begun.reset();
    run.applied.push_back(*version);
  }
}

// Newest first.
std::vector<Run> runs_of(const std::vector<LogEntry>& log) {
  std::vector<Run> runs;
  std::map<std::string, std::size_t> known;
  for (auto entry = log.rbegin(); entry != log.rend(); ++entry) {  // as it happened
    const bool is_of_run = is_up(*entry) && (is_event(*entry, LogEvent::started) ||
                                             is_event(*entry, LogEvent::applied) ||
                                             is_event(*entry, LogEvent::failed));
    if (!is_of_run) continue;
    const auto [at, is_new] = known.emplace(entry->run_id, runs.size());
    if (is_new) runs.push_back({.first = *entry});
    note(*entry, runs[at->second]);
  }
  for (Run& run : runs) std::sort(run.applied.begin(), run.applied.end());
  std::reverse(runs.begin(), runs.end());
  return runs;
}

[[noreturn]] void throw_no_run(const char* what) {
  throw Error(ErrorKind::usage, fmt::format("{}; nothing was rolled back", what),
              "`pgtide status` lists what is applied; `pgtide down VERSION` goes back to VERSION");
}

PastRun told(const Run& run, const LedgerSnapshot& ledger) {
  PastRun past{.first = run.first};
  for (const Version version : run.applied) past.applied.push_back(shown(ledger, version));
  if (run.begun) past.end = RunEnd::died;
  if (run.failed) past.end = RunEnd::failed;
  if (const auto at = run.stopped_at()) past.stopped_at = shown(ledger, *at);
  return past;
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

std::vector<Version> still_applied(const Run& run, const LedgerSnapshot& ledger) {
  std::vector<Version> versions;
  std::copy_if(run.applied.begin(), run.applied.end(), std::back_inserter(versions),
               [&](Version version) {
                 const LedgerRow* row = ledger.find(version);
                 return row != nullptr && is_applied(*row);
               });
  return versions;
}

// What a script outside transactions did before it stopped is there, and is to be undone as well;
// somebody may have recorded it as applied for that.
std::optional<Version> left_half_done(const Run& run, const LedgerSnapshot& ledger) {
  const LedgerRow* row = run.begun ? ledger.find(*run.begun) : nullptr;
  if (row == nullptr) return std::nullopt;
  const bool is_half = row->progress && row->progress->direction == Direction::up;
  return is_half || is_applied(*row) ? run.begun : std::nullopt;
}

// The last run applied nothing: the one before it is left alone, but it is named.
WayBack nothing_to_undo(const std::vector<Run>& runs, const LedgerSnapshot& ledger) {
  const Run& last = runs.front();
  WayBack way = to_row(WayBackReason::last_run,
                       newest_applied(ledger, [](Version) { return true; }), last.first);
  way.run = told(last, ledger);
  way.target = Exactly{.versions = {}, .why_none = "the last run applied nothing"};
  for (const Run& run : runs) {
    const std::vector<Version> left = still_applied(run, ledger);
    if (left.empty()) continue;
    way.before = told(run, ledger);
    const bool stands_alone =
        std::count_if(ledger.rows.begin(), ledger.rows.end(), [&](const LedgerRow& row) {
          return row.version >= left.front() && is_applied(row);
        }) == static_cast<std::ptrdiff_t>(left.size());
    if (!stands_alone) break;
    const LedgerRow* below =
        newest_applied(ledger, [&](Version version) { return version < left.front(); });
    way.before_undone_by = below == nullptr ? "0" : below->version_text;
    break;
  }
  return way;
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
  const std::vector<Run> runs = runs_of(log);
  const auto run = std::find_if(runs.begin(), runs.end(), [](const Run& candidate) {
    return !candidate.applied.empty() && candidate.ended_well();
  });
  if (run == runs.end()) {
    throw_no_run("no version is marked good, and the log knows of no `up` run that ended well");
  }
  const LedgerRow* start =
      newest_applied(ledger, [&](Version version) { return version < run->applied.front(); });
  require_start(*run, log, ledger, start);
  WayBack way = to_row(WayBackReason::last_run_start, start, run->first);
  way.run = told(*run, ledger);
  for (auto later = runs.begin(); later != run; ++later) {
    if (!later->ended_well()) way.later.push_back(told(*later, ledger));
  }
  return way;
}

WayBack last_run(const std::vector<LogEntry>& log, const LedgerSnapshot& ledger) {
  const std::vector<Run> runs = runs_of(log);
  if (runs.empty()) throw_no_run("the log knows of no `up` run");
  const Run& run = runs.front();
  std::vector<Version> versions = still_applied(run, ledger);
  if (const auto half = left_half_done(run, ledger)) versions.push_back(*half);
  if (run.applied.empty() && versions.empty()) return nothing_to_undo(runs, ledger);
  const Version lowest = run.applied.empty() ? versions.front() : run.applied.front();
  const LedgerRow* below =
      newest_applied(ledger, [&](Version version) { return version < lowest; });
  WayBack way = to_row(WayBackReason::last_run, below, run.first);
  way.run = told(run, ledger);
  way.target = Exactly{std::move(versions)};
  return way;
}

}  // namespace pgtide
