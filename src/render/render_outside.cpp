#include "pgtide/render_outside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "pgtide/render.hpp"
#include "render/json_values.hpp"
#include "render/run_words.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

constexpr std::string_view last_success_name = "pgtide_last_success_timestamp_seconds";

double seconds(WallTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1e9;
}

// A label's value: backslash, quote and line end are escaped.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string shared_labels(const RunRecord& record) {
  return fmt::format("database=\"{}\",environment=\"{}\"", label(record.database),
                     label(record.environment));
}

class Metrics {
 public:
  explicit Metrics(const RunRecord& record) : labels_(shared_labels(record)) {}

  void add(std::string_view name, std::string_view help, double value,
           const std::string& more = {}) {
    if (name != last_name_) {
      text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
      last_name_ = name;
    }
    text_ += fmt::format("{}{{{}{}{}}} {}\n", name, labels_, more.empty() ? "" : ",", more, value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string labels_;
  std::string text_;
  std::string last_name_;
};

std::size_t steps_done(const RunRecord& record) {
  return record.report ? record.report->count(StepOutcome::done) : 0;
}

Json run_object(const std::string& event, const RunRecord& record) {
  return {{"event", event},
          {"run_id", text_or_null(record.run_id)},
          {"environment", text_or_null(record.environment)},
          {"database", text_or_null(record.database)},
          {"command", to_string(record.direction)},
          {"tool_version", record.tool_version}};
}

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json migration_list(const Plan& plan) {
  Json list = Json::array();
  for (const Step& step : plan.steps)
    list.push_back({{"version", step.version_text}, {"name", step.name}});
  return list;
}

Json attribute(const char* key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

Json attribute(const char* key, std::int64_t value) {
  // 64-bit numbers are texts in protobuf's JSON.
  return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}

std::string nanoseconds(WallTime time) {
  return std::to_string(time.time_since_epoch().count());
}

Json status_object(bool failed, const std::string& message) {
  constexpr int ok = 1;
  constexpr int error = 2;
  if (!failed) return {{"code", ok}};
  return {{"code", error}, {"message", message}};
}

Json run_span(const RunRecord& record, const std::string& trace_id, const std::string& parent,
              const std::string& span_id) {
  Json attributes = Json::array();
  attributes.push_back(attribute("db.system.name", "postgresql"));
  attributes.push_back(attribute("db.namespace", record.database));
  attributes.push_back(attribute("pgtide.run_id", record.run_id));
  attributes.push_back(attribute("pgtide.exit_code", record.exit_code));
  attributes.push_back(
      attribute("pgtide.migrations", static_cast<std::int64_t>(steps_done(record))));
  Json span = {{"traceId", trace_id}, {"spanId", span_id}};
  if (!parent.empty()) span["parentSpanId"] = parent;
  span["name"] = fmt::format("pgtide {}", to_string(record.direction));
  span["kind"] = 3;  // a client of the database
  span["startTimeUnixNano"] = nanoseconds(record.started);
  span["endTimeUnixNano"] = nanoseconds(record.ended);
  span["attributes"] = std::move(attributes);
  span["status"] = status_object(!record.succeeded(), record.error);
  return span;
}

Json step_span(const RunRecord& record, const StepRecord& step, const std::string& trace_id,
               const std::string& parent, const std::string& span_id) {
  const StepReport& report = step.report;
  Json attributes = Json::array();
  attributes.push_back(attribute("db.system.name", "postgresql"));
  attributes.push_back(attribute("pgtide.version", report.step.version_text));
  attributes.push_back(
      attribute("pgtide.direction", std::string(to_string(report.step.direction))));
  attributes.push_back(attribute("pgtide.outcome", std::string(outcome_word(report.outcome))));
  attributes.push_back(
      attribute("pgtide.statements", static_cast<std::int64_t>(report.statements)));
  const auto started = step.ended - std::chrono::milliseconds(report.duration_ms);
  const bool failed = report.outcome == StepOutcome::failed;
  return {{"traceId", trace_id},
          {"spanId", span_id},
          {"parentSpanId", parent},
          {"name", fmt::format("{} {}", report.step.version_text, report.step.name)},
          {"kind", 3},
          {"startTimeUnixNano", nanoseconds(std::max(started, record.started))},
          {"endTimeUnixNano", nanoseconds(step.ended)},
          {"attributes", std::move(attributes)},
          {"status", status_object(failed, record.error)}};
}

}  // namespace

std::string warning_text(const std::string& message, const Style& style) {
  return painted("warning:", Tone::attention, style) + " " + printable(message) + "\n";
}

std::string metrics_text(const RunRecord& record, std::optional<double> last_success) {
  Metrics metrics(record);
  const std::string direction = fmt::format("direction=\"{}\"", to_string(record.direction));
  metrics.add("pgtide_last_run_success", "1 when the last run did what it was asked to, else 0.",
              record.succeeded() ? 1 : 0, direction);
  metrics.add("pgtide_last_run_exit_code", "Exit code of the last run.", record.exit_code,
              direction);
  metrics.add("pgtide_last_run_timestamp_seconds", "When the last run ended.",
              seconds(record.ended), direction);
  metrics.add("pgtide_last_run_duration_seconds", "How long the last run took.",
              seconds(record.ended) - seconds(record.started), direction);
  metrics.add("pgtide_last_run_migrations", "Migrations that the last run applied or rolled back.",
              static_cast<double>(steps_done(record)), direction);
  if (record.succeeded()) last_success = seconds(record.ended);
  if (last_success) {
    metrics.add(last_success_name, "When a run last did what it was asked to.", *last_success);
  }
  if (record.pending) {
    metrics.add("pgtide_migrations_pending", "Migrations that are not applied.",
                static_cast<double>(*record.pending));
  }
  if (record.failed) {
    metrics.add("pgtide_migrations_failed", "Migrations whose last try failed.",
                static_cast<double>(*record.failed));
  }
  for (const StepRecord& step : record.steps) {
    metrics.add("pgtide_migration_duration_seconds",
                "How long each migration of the last run took.",
                static_cast<double>(step.report.duration_ms) / 1000,
                fmt::format("version=\"{}\"", label(step.report.step.version_text)));
  }
  return metrics.take();
}

std::optional<double> last_success_of(const std::string& metrics) {
  const std::size_t at = metrics.find("\n" + std::string(last_success_name) + "{");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t end = std::min(metrics.find('\n', at + 1), metrics.size());
  const std::size_t value = metrics.rfind(' ', end);
  double seconds = 0;
  const auto [rest, error] =
      std::from_chars(metrics.data() + value + 1, metrics.data() + end, seconds);
  if (error != std::errc() || rest != metrics.data() + end) return std::nullopt;
  return seconds;
}

std::string hook_json(const std::string& event, const RunRecord& record) {
  Json json = run_object(event, record);
  json["success"] = record.succeeded();
  json["exit_code"] = record.exit_code;
  json["error"] = text_or_null(record.error);
  json["duration_ms"] =
      std::chrono::duration_cast<std::chrono::milliseconds>(record.ended - record.started).count();
  json["report"] = record.report ? Json::parse(report_json(*record.report)) : Json(nullptr);
  return one_line(json);
}

std::string before_json(const RunRecord& record, const Plan& plan) {
  Json json = run_object("before", record);
  json["migrations"] = migration_list(plan);
  return one_line(json);
}

std::string slow_json(const RunRecord& record, const Step& step, std::int64_t elapsed_ms) {
  Json json = run_object("on_slow", record);
  json["version"] = step.version_text;
  json["name"] = step.name;
  json["elapsed_ms"] = elapsed_ms;
  return one_line(json);
}

std::string trace_json(const RunRecord& record, const std::string& service_name,
                       const std::string& trace_id, const std::string& parent_span_id,
                       const std::vector<std::string>& span_ids) {
  Json spans = Json::array();
  spans.push_back(run_span(record, trace_id, parent_span_id, span_ids.front()));
  for (std::size_t i = 0; i < record.steps.size(); ++i) {
    spans.push_back(
        step_span(record, record.steps[i], trace_id, span_ids.front(), span_ids[i + 1]));
  }
  Json resource = Json::array();
  resource.push_back(attribute("service.name", service_name));
  resource.push_back(attribute("service.version", record.tool_version));
  if (!record.environment.empty())
    resource.push_back(attribute("deployment.environment.name", record.environment));
  const Json scope = {{"scope", {{"name", "pgtide"}, {"version", record.tool_version}}},
                      {"spans", std::move(spans)}};
  const Json whole = {
      {"resourceSpans", Json::array({{{"resource", {{"attributes", std::move(resource)}}},
                                      {"scopeSpans", Json::array({scope})}}})}};
  return one_line(whole);
}

}  // namespace pgtide::render
