#include "pgtide/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wording.hpp"

namespace pgtide {

std::string batches_text(const BatchProgress& batches) {
  return fmt::format("{} in {} batch{}", counted(batches.rows, "row"), batches.batches,
                     batches.batches == 1 ? "" : "es");
}

std::size_t Report::count(StepOutcome outcome) const {
  return static_cast<std::size_t>(std::count_if(
      steps.begin(), steps.end(), [&](const StepReport& step) { return step.outcome == outcome; }));
}

}  // namespace pgtide
