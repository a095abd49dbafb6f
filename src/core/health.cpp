#include <algorithm>

#include "pgtide/health.hpp"

namespace pgtide {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::warn:
      return "warn";
    case Severity::fail:
      break;
  }
  return "fail";
}

Severity HealthSection::severity() const {
  Severity worst = Severity::ok;
  for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
  return worst;
}

Severity HealthReport::severity() const {
  Severity worst = Severity::ok;
  for (const HealthSection& section : sections) worst = std::max(worst, section.severity());
  return worst;
}

}  // namespace pgtide
