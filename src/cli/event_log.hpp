// `--log-format json`: what happens, as one JSON object a line on standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pgtide/error.hpp"
#include "pgtide/settings.hpp"

namespace pgtide::cli {

struct LogRecord {
  std::string level = "info";  // info, warning, error
  std::string event;
  std::string message = {};
  std::string version = {};
  std::optional<std::int64_t> duration_ms = {};
  ScriptPosition where = {};
  std::string hint = {};
};

class EventLog {
 public:
  void configure(OutputFormat format) { enabled_ = format == OutputFormat::json; }
  void set_run_id(std::string run_id) { run_id_ = std::move(run_id); }
  void write(const LogRecord& record);
  void write(const std::string& event, const std::string& level, const Problem& problem);

 private:
  bool enabled_ = false;
  std::string run_id_;
};

}  // namespace pgtide::cli
