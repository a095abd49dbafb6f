// One document a command; docs/json.md describes them.
#include <algorithm>
#include <array>

#include "pgtide/render.hpp"
#include "render/json_values.hpp"

namespace pgtide::render {
namespace {

constexpr std::array all_states = {State::pending,     State::applied,     State::failed,
                                   State::rolled_back, State::in_progress, State::changed,
                                   State::missing,     State::out_of_order};

const char* name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::config:
      return "config";
    case ErrorKind::invalid_input:
      return "invalid_input";
    case ErrorKind::environment:
      return "environment";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::internal:
      break;
  }
  return "internal";
}

const char* name_of(SettingSource source) {
  switch (source) {
    case SettingSource::flag:
      return "flag";
    case SettingSource::environment_variable:
      return "environment_variable";
    case SettingSource::environment_section:
      return "environment_section";
    case SettingSource::file:
      return "file";
    case SettingSource::fallback:
      break;
  }
  return "default";
}

Json entry_object(const StatusEntry& entry) {
  return {{"version", entry.version},
          {"name", entry.name},
          {"state", to_string(entry.state)},
          {"rollback", to_string(entry.rollback)},
          {"applied_at", text_or_null(entry.applied_at)},
          {"rolled_back_at", text_or_null(entry.rolled_back_at)},
          {"execution_time_ms", number_or_null(entry.execution_time_ms)},
          {"error", text_or_null(entry.error)},
          {"progress", text_or_null(entry.progress)},
          {"way_on", text_or_null(entry.way_on)}};
}

// The log's JSON as JSON, whatever else it may hold as text.
Json detail_value(const std::string& detail) {
  if (detail.empty()) return nullptr;
  Json parsed = Json::parse(detail, nullptr, false);
  return parsed.is_discarded() ? Json(detail) : parsed;
}

Json event_object(const LogEntry& entry) {
  return {{"id", entry.id},
          {"run_id", text_or_null(entry.run_id)},
          {"at", text_or_null(entry.at)},
          {"version", text_or_null(entry.version)},
          {"event", text_or_null(entry.event)},
          {"direction", text_or_null(entry.direction)},
          {"checksum", text_or_null(entry.checksum)},
          {"duration_ms", number_or_null(entry.duration_ms)},
          {"rollback_stored", entry.rollback_stored},
          {"database_user", text_or_null(entry.database_user)},
          {"client_host", text_or_null(entry.client_host)},
          {"tool_version", text_or_null(entry.tool_version)},
          {"error", text_or_null(entry.error)},
          {"detail", detail_value(entry.detail)}};
}

std::string identifier(std::string words) {
  std::replace(words.begin(), words.end(), ' ', '_');
  return words;
}

}  // namespace

std::string status_json(const StatusReport& report) {
  Json summary = {{"total", report.entries.size()}};
  for (const State state : all_states) summary[std::string(to_string(state))] = report.count(state);
  Json migrations = Json::array();
  for (const StatusEntry& entry : report.entries) migrations.push_back(entry_object(entry));
  return document({{"database", text_or_null(report.database)},
                   {"ledger",
                    {{"schema", text_or_null(report.schema)},
                     {"table", text_or_null(report.table)},
                     {"exists", report.ledger_exists}}},
                   {"current", text_or_null(report.current)},
                   {"clean", report.clean()},
                   {"summary", std::move(summary)},
                   {"migrations", std::move(migrations)},
                   {"problems", problem_list(report.problems)}});
}

std::string history_json(const std::vector<LogEntry>& entries) {
  Json events = Json::array();
  for (const LogEntry& entry : entries) events.push_back(event_object(entry));
  return document({{"events", std::move(events)}});
}

std::string config_json(const ResolvedSettings& settings) {
  Json list = Json::array();
  for (const EffectiveSetting& setting : settings.effective) {
    list.push_back({{"key", setting.key},
                    {"value", text_or_null(setting.value)},
                    {"source", name_of(setting.source)},
                    {"origin", setting.origin}});
  }
  return document({{"config_file", text_or_null(settings.config_file)},
                   {"environment", text_or_null(settings.settings.environment)},
                   {"settings", std::move(list)}});
}

std::string problems_json(const std::vector<Problem>& problems) {
  return document({{"valid", problems.empty()}, {"problems", problem_list(problems)}});
}

std::string error_json(const Error& error, int exit_code) {
  return document({{"error",
                    {{"kind", name_of(error.kind())},
                     {"message", error.what()},
                     {"hint", text_or_null(error.hint())},
                     {"sqlstate", text_or_null(error.sqlstate())},
                     {"detail", text_or_null(error.detail())},
                     {"problems", problem_list(error.problems())}}},
                   {"exit_code", exit_code}});
}

std::string recorded_json(const std::vector<Step>& steps, const std::string& verb) {
  Json migrations = Json::array();
  for (const Step& step : steps) {
    migrations.push_back({{"version", step.version_text}, {"name", step.name}});
  }
  return document({{"event", identifier(verb)}, {"migrations", std::move(migrations)}});
}

std::string generated_json(const std::string& version, const std::string& forward_path,
                           const std::string& rollback_path) {
  return document({{"version", version}, {"forward", forward_path}, {"rollback", rollback_path}});
}

}  // namespace pgtide::render
