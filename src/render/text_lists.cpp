// The log and the settings.
#include <fmt/format.h>

#include "core/wording.hpp"
#include "pgtide/render.hpp"
#include "render/json_values.hpp"
#include "render/safe_text.hpp"
#include "render/table.hpp"
#include "render/time_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t narrowest_who = 12;
constexpr std::size_t run_id_shown = 8;  // enough to tell runs apart

Tone tone_of(const std::string& event) {
  if (event == "failed") return Tone::bad;
  if (event == "applied") return Tone::good;
  return event == "rolled_back" ? Tone::attention : Tone::plain;
}

std::string who(const LogEntry& entry) {
  if (entry.client_host.empty()) return entry.database_user;
  return entry.database_user + "@" + entry.client_host;
}

// `started statement 3 of 7`: of a script that runs statement by statement.
std::string what(const LogEntry& entry) {
  const std::string event = words(entry.event);
  const Json detail = Json::parse(entry.detail, nullptr, false);
  if (!detail.is_object()) return event;
  const auto number = detail.find("statement");
  const auto of = detail.find("of");
  if (number == detail.end() || of == detail.end()) return event;
  if (!number->is_number_unsigned() || !of->is_number_unsigned()) return event;
  const auto count = of->get<std::size_t>();
  if (*number == 0) return fmt::format("{}, {}", event, counted(count, "statement"));
  const std::string statement =
      fmt::format("statement {} of {}", number->get<std::size_t>(), count);
  if (entry.event == "statement_done") return statement + " done";
  return fmt::format("{} {}{}", event, entry.event == "failed" ? "at " : "", statement);
}

}  // namespace

std::string history_text(const std::vector<LogEntry>& entries, const Style& style) {
  if (entries.empty()) return "nothing is recorded yet\n";
  Table table({{.title = "at (UTC)"},
               {.title = "version"},
               {.title = "event"},
               {.title = "direction", .gives_way = 3},
               {.title = "time", .align = Align::right},
               {.title = "user@host", .least = narrowest_who, .gives_way = 2},
               {.title = "run", .gives_way = 1}});
  for (const LogEntry& entry : entries) {
    const auto& time = entry.duration_ms;
    table.add({{utc_text(entry.at)},
               {entry.version},
               {what(entry), tone_of(entry.event)},
               {entry.direction},
               {time ? duration_text(*time) : std::string(), Tone::quiet},
               {who(entry)},
               {entry.run_id.substr(0, run_id_shown), Tone::quiet}});
    table.add_below(painted(field(2, "error", entry.error), Tone::bad, style));
  }
  return table.text(style);
}

std::string config_text(const std::vector<EffectiveSetting>& settings, const Style& style) {
  Table table({{.title = "setting"}, {.title = "value"}, {.title = "from"}});
  for (const EffectiveSetting& setting : settings) {
    const bool by_default = setting.source == SettingSource::fallback;
    table.add({{setting.key},
               {setting.value.empty() ? "-" : setting.value},
               {setting.origin, by_default ? Tone::quiet : Tone::plain}});
  }
  return table.text(style);
}

}  // namespace pgtide::render
