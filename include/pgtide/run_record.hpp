// A run as it is told to the world outside: metrics, hooks, traces.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/plan.hpp"
#include "pgtide/report.hpp"

namespace pgtide {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

struct StepRecord {
  StepReport report;
  WallTime ended{};
};

struct RunRecord {
  std::string run_id;  // empty when it ended before it had one
  std::string tool_version;
  std::string environment;
  std::string database;
  Direction direction = Direction::up;
  WallTime started{};
  WallTime ended{};
  int exit_code = 0;
  std::string error;                   // why it did not do what it was asked to; empty when it did
  std::vector<StepRecord> steps;       // that ended, in order
  std::optional<Report> report;        // absent when nothing was run
  std::optional<std::size_t> pending;  // after the run; absent when it could not be found out
  std::optional<std::size_t> failed;

  bool succeeded() const { return exit_code == 0; }
};

// Where a trace hangs: W3C trace context.
struct TraceParent {
  std::string trace_id;  // 32 hex digits
  std::string span_id;   // 16 hex digits
  bool sampled = true;
};

// What TRACEPARENT holds; nullopt when it is none, which counts as absent.
std::optional<TraceParent> parse_traceparent(std::string_view text);

}  // namespace pgtide
