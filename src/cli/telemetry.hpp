// A run as an OpenTelemetry trace.
#pragma once

#include <string>

#include "pgtide/operations_settings.hpp"
#include "pgtide/run_record.hpp"

namespace pgtide::cli {

// Sends it to the endpoint of the settings or of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, below the span
// that TRACEPARENT names. Says why it could not be sent; empty when it was, and when nobody asked
// for it. Waits three seconds at most.
std::string export_trace(const RunRecord& record, const TelemetrySettings& settings);

}  // namespace pgtide::cli
