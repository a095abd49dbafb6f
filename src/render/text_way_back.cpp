// Where an emergency rollback leads.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <variant>

#include "pgtide/render.hpp"
#include "render/safe_text.hpp"
#include "render/time_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t run_id_shown = 8;

// ` on 2026-01-15 10:22:33 UTC by deploy@10.0.0.7`
std::string when_and_who(const LogEntry& entry) {
  std::string text;
  if (!entry.at.empty()) text += fmt::format(" at {} UTC", utc_text(entry.at));
  if (!entry.database_user.empty()) text += " by " + printable(entry.database_user);
  if (!entry.client_host.empty()) text += "@" + printable(entry.client_host);
  return text;
}

std::string place(const WayBack& way) {
  if (way.version.empty()) return "before the first migration";
  const std::string version = printable(way.version);
  return way.name.empty() ? version : fmt::format("{} ({})", version, printable(way.name));
}

std::string id_of(const PastRun& run) {
  return run.first.run_id.substr(0, run_id_shown);
}

// ` failed at 0006 (add_t6)`; empty when it ended well.
std::string how_it_ended(const PastRun& run) {
  if (run.end == RunEnd::well) return {};
  return fmt::format(" {} at {}", run.end == RunEnd::failed ? "failed" : "died",
                     printable(run.stopped_at));
}

std::string what_it_applied(const PastRun& run) {
  return run.applied.empty() ? std::string("nothing")
                             : printable(fmt::format("{}", fmt::join(run.applied, ", ")));
}

// Newer than the run that is undone: who only knows that the last one failed may mean that.
std::string later_runs(const WayBack& way) {
  std::string out;
  for (const PastRun& run : way.later) {
    out += fmt::format("after it, run {}{}{}, and applied {}\n", id_of(run), how_it_ended(run),
                       when_and_who(run.first), what_it_applied(run));
  }
  if (way.later.empty()) return out;
  return out + (way.later.front().applied.empty()
                    ? "`pgtide down --last-run` is about that run only, and has nothing to undo\n"
                    : "`pgtide down --last-run` undoes only that run\n");
}

std::string nothing_to_undo(const WayBack& way) {
  std::string out =
      fmt::format("the last run {}{}{}, and applied nothing: nothing is there to undo\n",
                  id_of(way.run), how_it_ended(way.run), when_and_who(way.run.first));
  if (!way.before) return out;
  out += fmt::format("before it, run {}{} applied {}", id_of(*way.before),
                     when_and_who(way.before->first), what_it_applied(*way.before));
  if (!way.before_undone_by.empty()) {
    out += fmt::format("; `pgtide down {}` undoes that", printable(way.before_undone_by));
  }
  return out + "\n";
}

std::string last_run(const WayBack& way) {
  const auto& target = std::get<Exactly>(way.target);
  if (way.run.applied.empty() && target.versions.empty()) return nothing_to_undo(way);
  const std::string ended = how_it_ended(way.run);
  return fmt::format("undoing the last run {}, which started{}{}\n", id_of(way.run),
                     when_and_who(way.origin), ended.empty() ? "" : " and" + ended);
}

}  // namespace

std::string way_back_text(const WayBack& way, const Style&) {
  switch (way.reason) {
    case WayBackReason::marked_good:
      return fmt::format("going back to {}, marked good{}\n", place(way), when_and_who(way.origin));
    case WayBackReason::last_run_start:
      return fmt::format(
                 "no version is marked good: going back to {}, where the last successful run {} "
                 "started{}\n",
                 place(way), id_of(way.run), when_and_who(way.origin)) +
             later_runs(way);
    case WayBackReason::last_run:
      break;
  }
  return last_run(way);
}

}  // namespace pgtide::render
