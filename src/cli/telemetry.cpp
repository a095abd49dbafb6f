#include "cli/telemetry.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "adapters/http_post.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/render_outside.hpp"

namespace pgtide::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::string random_hex(std::size_t bytes) {
  std::array<unsigned char, 16> random{};
  if (getentropy(random.data(), bytes) != 0) return {};
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", random[i]);
  return text;
}

std::string endpoint_of(const TelemetrySettings& settings) {
  if (std::string exact = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); !exact.empty())
    return exact;
  if (settings.endpoint.empty()) return {};
  std::string base = settings.endpoint;
  while (base.ends_with('/')) base.pop_back();
  return base + "/v1/traces";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                         hex_digit(text[i + 2]) >= 0;
    if (!encoded) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n'; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// `api-key=secret,other=value`
std::vector<std::string> extra_headers() {
  std::string text = variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS");
  if (text.empty()) text = variable("OTEL_EXPORTER_OTLP_HEADERS");
  std::vector<std::string> headers;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view pair = std::string_view(text).substr(begin, end - begin);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) {
      headers.push_back(fmt::format("{}: {}", trimmed(pair.substr(0, equals)),
                                    percent_decoded(trimmed(pair.substr(equals + 1)))));
    }
    begin = end + 1;
  }
  return headers;
}

}  // namespace

std::string export_trace(const RunRecord& record, const TelemetrySettings& settings) {
  const std::string url = endpoint_of(settings);
  if (url.empty() || variable("OTEL_SDK_DISABLED") == "true") return {};
  const std::optional<TraceParent> parent = parse_traceparent(variable("TRACEPARENT"));
  if (parent && !parent->sampled) return {};
  std::vector<std::string> span_ids;
  for (std::size_t i = 0; i <= record.steps.size(); ++i) span_ids.push_back(random_hex(8));
  std::vector<std::string> headers = extra_headers();
  headers.emplace_back("Content-Type: application/json");
  const std::string problem =
      adapters::post({.url = url,
                      .headers = std::move(headers),
                      .body = render::trace_json(
                          record, settings.service_name, parent ? parent->trace_id : random_hex(16),
                          parent ? parent->span_id : std::string(), span_ids)});
  return problem.empty() ? problem : redact(fmt::format("{}: {}", url, problem));
}

}  // namespace pgtide::cli
