// Drift as text and as a document. Pure.
#pragma once

#include <string>

#include "pgtide/render.hpp"
#include "pgtide/schema_drift.hpp"

namespace pgtide::render {

enum class ComparedWith { record, replay };

std::string drift_text(const SchemaDrift& drift, ComparedWith with, const Style& style);
std::string drift_json(const SchemaDrift& drift, ComparedWith with);

// The document of `up` and `down`, with what the schema was compared with after a rollback.
std::string report_json(const Report& report, const SchemaDrift& schema);

// After a rollback: `schema is as it was at 0003`, or what differs, or that nothing is known. Empty
// without a version: nothing was to be compared.
std::string restored_text(const SchemaDrift& drift, const Style& style);

}  // namespace pgtide::render
