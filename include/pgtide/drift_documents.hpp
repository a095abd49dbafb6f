// Drift as text and as a document. Pure.
#pragma once

#include <string>

#include "pgtide/render.hpp"
#include "pgtide/schema_drift.hpp"

namespace pgtide::render {

enum class ComparedWith { record, replay };

std::string drift_text(const SchemaDrift& drift, ComparedWith with, const Style& style);
std::string drift_json(const SchemaDrift& drift, ComparedWith with);

// After a rollback: `schema is as it was at 0003`, or what differs. Empty when nothing is known.
std::string restored_text(const SchemaDrift& drift, const Style& style);

}  // namespace pgtide::render
