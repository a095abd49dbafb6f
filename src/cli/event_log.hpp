// `--log-format json`: what happens, as one JSON object a line on standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pgtide/error.hpp"
#include "pgtide/settings.hpp"

namespace pgtide::cli {

// What happened. Programs read these words: docs/operations.md lists them.
enum class LogEvent {
  started,
  applied,
  rolled_back,
  would_apply,
  would_roll_back,
  failed,
  undone,
  not_simulable,
  unknown,
  not_run,
  batch,
  server_notice,
  remark,
  waiting_for_lock,
  blocked,
  lock_retry,
  slow,
  stopping,
  run_failed,
  finished,
  backed_up,
  reset,
  terminated,
  finding,
  warning,
  error,
  problem,
};

std::string_view to_string(LogEvent event);

struct LogRecord {
  std::string level = "info";  // info, warning, error
  LogEvent event;
  std::string message = {};
  std::string version = {};
  std::string section = {};  // of `doctor`
  std::optional<std::int64_t> duration_ms = {};
  ScriptPosition where = {};
  std::string hint = {};
};

class EventLog {
 public:
  void configure(OutputFormat format) { enabled_ = format == OutputFormat::json; }
  void set_run_id(std::string run_id) { run_id_ = std::move(run_id); }
  // From here on every line says so.
  void mark_dry_run() { is_dry_run_ = true; }
  void write(const LogRecord& record);
  void write(LogEvent event, const std::string& level, const Problem& problem);

 private:
  bool enabled_ = false;
  bool is_dry_run_ = false;
  std::string run_id_;
};

}  // namespace pgtide::cli
