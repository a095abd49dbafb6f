#include <algorithm>

#include "pgtide/health.hpp"

namespace pgtide {

std::string_view to_string(Condition severity) {
  switch (severity) {
    case Condition::ok:
      return "ok";
    case Condition::warn:
      return "warn";
    case Condition::fail:
      break;
  }
  return "fail";
}

Condition HealthSection::severity() const {
  Condition worst = Condition::ok;
  for (const HealthFinding& finding : findings) worst = std::max(worst, finding.severity);
  return worst;
}

Condition HealthReport::severity() const {
  Condition worst = Condition::ok;
  for (const HealthSection& section : sections) worst = std::max(worst, section.severity());
  return worst;
}

}  // namespace pgtide
