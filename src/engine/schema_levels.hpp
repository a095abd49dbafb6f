// The schema after each migration, kept as what each one changes.
#pragma once

#include <vector>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::engine {

// From one schema to the next, both ways.
struct SchemaStep {
  std::vector<schema::Object> removed;
  std::vector<schema::Object> added;  // an object that changed is in both
};

SchemaStep step_between(const schema::Snapshot& before, const schema::Snapshot& after);
// What there was before the step.
schema::Snapshot undone(schema::Snapshot after, const SchemaStep& step);

}  // namespace pgtide::engine
