// One version as `status` shows it.
#pragma once

#include "pgtide/plan.hpp"
#include "pgtide/status.hpp"

namespace pgtide {

StatusEntry entry_of(const VersionStatus& status);

}  // namespace pgtide
