// `--log-format json`: what happens, as one JSON object a line on standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pgtide/settings.hpp"

namespace pgtide::cli {

struct LogRecord {
  std::string level = "info";  // info, warning, error
  std::string event;
  std::string message = {};
  std::string version = {};
  std::optional<std::int64_t> duration_ms = {};
};

class EventLog {
 public:
  void configure(OutputFormat format) { enabled_ = format == OutputFormat::json; }
  void set_run_id(std::string run_id) { run_id_ = std::move(run_id); }
  // When true, lines for people are left out: standard error carries JSON only.
  bool enabled() const { return enabled_; }
  void write(const LogRecord& record);

 private:
  bool enabled_ = false;
  std::string run_id_;
};

}  // namespace pgtide::cli
