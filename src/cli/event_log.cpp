#include "cli/event_log.hpp"

#include <fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace pgtide::cli {

std::string_view to_string(LogEvent event) {
  switch (event) {
    case LogEvent::started:
      return "started";
    case LogEvent::applied:
      return "applied";
    case LogEvent::rolled_back:
      return "rolled_back";
    case LogEvent::would_apply:
      return "would_apply";
    case LogEvent::would_roll_back:
      return "would_roll_back";
    case LogEvent::failed:
      return "failed";
    case LogEvent::undone:
      return "undone";
    case LogEvent::not_simulable:
      return "not_simulable";
    case LogEvent::unknown:
      return "unknown";
    case LogEvent::not_run:
      return "not_run";
    case LogEvent::batch:
      return "batch";
    case LogEvent::server_notice:
      return "server_notice";
    case LogEvent::remark:
      return "remark";
    case LogEvent::waiting_for_lock:
      return "waiting_for_lock";
    case LogEvent::blocked:
      return "blocked";
    case LogEvent::lock_retry:
      return "lock_retry";
    case LogEvent::slow:
      return "slow";
    case LogEvent::stopping:
      return "stopping";
    case LogEvent::run_failed:
      return "run_failed";
    case LogEvent::finished:
      return "finished";
    case LogEvent::backed_up:
      return "backed_up";
    case LogEvent::reset:
      return "reset";
    case LogEvent::terminated:
      return "terminated";
    case LogEvent::finding:
      return "finding";
    case LogEvent::warning:
      return "warning";
    case LogEvent::error:
      return "error";
    case LogEvent::problem:
      break;
  }
  return "problem";
}

void EventLog::write(const LogRecord& record) {
  if (!enabled_) return;
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_st("pgtide");
    made->set_pattern("%v");
    return made;
  }();
  nlohmann::ordered_json line;
  line["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::time(nullptr)));
  line["level"] = record.level;
  line["run_id"] = run_id_.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(run_id_);
  line["event"] = to_string(record.event);
  if (is_dry_run_) line["dry_run"] = true;
  if (!record.version.empty()) line["version"] = record.version;
  if (!record.section.empty()) line["section"] = record.section;
  if (record.duration_ms) line["duration_ms"] = *record.duration_ms;
  if (!record.where.file.empty()) line["file"] = record.where.file;
  if (record.where.line > 0) line["line"] = record.where.line;
  if (record.where.column > 0) line["column"] = record.where.column;
  if (!record.message.empty()) line["message"] = record.message;
  if (!record.hint.empty()) line["hint"] = record.hint;
  logger->info(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void EventLog::write(LogEvent event, const std::string& level, const Problem& problem) {
  write({.level = level,
         .event = event,
         .message = problem.message,
         .where = problem.where,
         .hint = problem.hint});
}

}  // namespace pgtide::cli
