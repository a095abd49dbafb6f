// What a run tells Prometheus, hooks and OpenTelemetry. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pgtide/render.hpp"
#include "pgtide/run_record.hpp"

namespace pgtide::render {

// `warning: …`
std::string warning_text(const std::string& message, const Style& style);

// Prometheus' text format. `last_success` is the value of an earlier file, in seconds since 1970.
std::string metrics_text(const RunRecord& record, std::optional<double> last_success);
// That value of a file written before.
std::optional<double> last_success_of(const std::string& metrics);

// What a hook reads on its standard input, one line of JSON.
std::string hook_json(const std::string& event, const RunRecord& record);
std::string before_json(const RunRecord& record, const Plan& plan);
std::string slow_json(const RunRecord& record, const Step& step, std::int64_t elapsed_ms);

// A trace as OTLP/HTTP wants it in JSON: a span for the run, below it one for each migration.
// `span_ids` are random: one more than `record.steps`.
std::string trace_json(const RunRecord& record, const std::string& service_name,
                       const std::string& trace_id, const std::string& parent_span_id,
                       const std::vector<std::string>& span_ids);

}  // namespace pgtide::render
