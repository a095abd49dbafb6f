// Where an emergency rollback leads.
#include <fmt/format.h>

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

}  // namespace

std::string way_back_text(const WayBack& way, const Style&) {
  const std::string run = way.origin.run_id.substr(0, run_id_shown);
  switch (way.reason) {
    case WayBackReason::marked_good:
      return fmt::format("going back to {}, marked good{}\n", place(way), when_and_who(way.origin));
    case WayBackReason::last_run_start:
      return fmt::format(
          "no version is marked good: going back to {}, where the last successful run {} "
          "started{}\n",
          place(way), run, when_and_who(way.origin));
    case WayBackReason::last_run:
      break;
  }
  return fmt::format("undoing the last run {}, which started{}\n", run, when_and_who(way.origin));
}

}  // namespace pgtide::render
