#include "pgtide/report.hpp"

#include <algorithm>

namespace pgtide {

std::size_t Report::count(StepOutcome outcome) const {
  return static_cast<std::size_t>(std::count_if(
      steps.begin(), steps.end(), [&](const StepReport& step) { return step.outcome == outcome; }));
}

}  // namespace pgtide
