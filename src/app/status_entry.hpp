// One version as `status` shows it.
#pragma once

#include "pgtide/plan.hpp"
#include "pgtide/status.hpp"

namespace pgtide {

// Of a version that `catalog` has, or lacks.
StatusEntry entry_of(const VersionStatus& status, const Catalog& catalog);

}  // namespace pgtide
