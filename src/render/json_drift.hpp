// What a schema was compared with, as a part of a document.
#pragma once

#include "pgtide/schema_drift.hpp"
#include "render/json_values.hpp"

namespace pgtide::render {

// null without a version: nothing was to be compared.
Json restored_value(const SchemaDrift& drift);

}  // namespace pgtide::render
