#include <fmt/format.h>

#include <array>

#include "core/wording.hpp"
#include "pgtide/render.hpp"
#include "render/safe_text.hpp"
#include "render/table.hpp"
#include "render/time_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t narrowest_name = 10;
// What is well first, what needs care last.
constexpr std::array all_states = {State::applied,     State::pending, State::out_of_order,
                                   State::in_progress, State::failed,  State::rolled_back,
                                   State::changed,     State::missing};

Tone tone_of(State state) {
  switch (state) {
    case State::applied:
      return Tone::good;
    case State::failed:
      return Tone::bad;
    case State::rolled_back:
      return Tone::quiet;
    case State::pending:
    case State::in_progress:
    case State::changed:
    case State::missing:
    case State::out_of_order:
      break;
  }
  return Tone::attention;
}

Tone tone_of(RollbackState rollback) {
  return rollback == RollbackState::missing ? Tone::attention : Tone::plain;
}

std::string table_of(const StatusReport& report, const Style& style) {
  Table table({{.title = "version"},
               {.title = "name", .least = narrowest_name},
               {.title = "state"},
               {.title = "applied at (UTC)"},
               {.title = "time", .align = Align::right, .gives_way = 1},
               {.title = "rollback"}});
  for (const StatusEntry& entry : report.entries) {
    const auto& time = entry.execution_time_ms;
    table.add({{entry.version},
               {entry.name},
               {words(to_string(entry.state)), tone_of(entry.state)},
               {utc_text(entry.applied_at)},
               {time ? duration_text(*time) : std::string(), Tone::quiet},
               {std::string(to_string(entry.rollback)), tone_of(entry.rollback)}});
  }
  return table.text(style);
}

// What there is to say about one version beyond its row.
std::string remarks_on(const StatusEntry& entry, const Style& style) {
  std::string out;
  const auto say = [&](const std::string& what, const std::string& text) {
    const std::string label = fmt::format("{} {}", printable(entry.version), what);
    out += painted(field(0, label, text), tone_of(entry.state), style);
  };
  const auto say_error = [&](const std::string& what) {
    const bool was_stopped = entry.error.starts_with(interrupted_error);
    if (was_stopped) {
      say(what + "interrupted", entry.error.substr(interrupted_error.size()));
    } else {
      say(what + "failed", entry.error);
    }
  };
  switch (entry.state) {
    case State::in_progress:
      say("in progress", entry.progress);
      say_error("");
      out += field(2, "hint", entry.way_on);
      break;
    case State::failed:
      say_error("");
      break;
    case State::applied:
    case State::changed:
    case State::missing:
      say_error("rollback ");
      break;
    case State::pending:
    case State::out_of_order:
    case State::rolled_back:
      break;
  }
  return out;
}

std::string where_it_is(const StatusReport& report) {
  const std::string database = printable(report.database);
  if (!report.ledger_exists) {
    return database.empty() ? "no ledger yet"
                            : fmt::format("no ledger yet in database {}", database);
  }
  if (report.current.empty()) {
    return database.empty() ? "nothing is applied"
                            : fmt::format("nothing is applied in database {}", database);
  }
  std::string current = printable(report.current);
  for (const StatusEntry& entry : report.entries) {
    if (entry.version == report.current && !entry.name.empty())
      current += " " + printable(entry.name);
  }
  return database.empty() ? "at " + current
                          : fmt::format("database {} is at {}", database, current);
}

std::string summary_line(const StatusReport& report, const Style& style) {
  std::string counts;
  for (const State state : all_states) {
    const std::size_t count = report.count(state);
    if (count == 0) continue;
    counts += counts.empty() ? ": " : ", ";
    counts += painted(fmt::format("{} {}", count, words(to_string(state))), tone_of(state), style);
  }
  return fmt::format("{}{}; {}\n", counted(report.entries.size(), "migration"), counts,
                     where_it_is(report));
}

std::string directory_problems(const StatusReport& report, const Style& style) {
  if (report.problems.empty()) return {};
  const std::string title =
      fmt::format("the migrations directory has {}:", counted(report.problems.size(), "problem"));
  return painted(title, Tone::bad, style) + "\n" + problems_text(report.problems, style);
}

}  // namespace

std::string status_text(const StatusReport& report, const Style& style) {
  if (report.entries.empty()) {
    std::string out = fmt::format("no migrations; {}\n", where_it_is(report));
    if (report.problems.empty()) {
      out += field(2, "hint", "`pgtide generate NAME` writes the first pair of scripts");
    }
    return out + directory_problems(report, style);
  }
  std::string out = table_of(report, style) + "\n";
  for (const StatusEntry& entry : report.entries) out += remarks_on(entry, style);
  return out + summary_line(report, style) + directory_problems(report, style);
}

}  // namespace pgtide::render
