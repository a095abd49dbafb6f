#include "cli/event_log.hpp"

#include <fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace pgtide::cli {

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
  line["event"] = record.event;
  if (!record.version.empty()) line["version"] = record.version;
  if (record.duration_ms) line["duration_ms"] = *record.duration_ms;
  if (!record.where.file.empty()) line["file"] = record.where.file;
  if (record.where.line > 0) line["line"] = record.where.line;
  if (record.where.column > 0) line["column"] = record.where.column;
  if (!record.message.empty()) line["message"] = record.message;
  if (!record.hint.empty()) line["hint"] = record.hint;
  logger->info(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void EventLog::write(const std::string& event, const std::string& level, const Problem& problem) {
  write({.level = level,
         .event = event,
         .message = problem.message,
         .where = problem.where,
         .hint = problem.hint});
}

}  // namespace pgtide::cli
