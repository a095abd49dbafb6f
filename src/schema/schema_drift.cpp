#include "pgtide/schema_drift.hpp"

namespace pgtide {

std::string SchemaDrift::counted() const {
  const std::size_t count = differences.size();
  return std::to_string(count) + (count == 1 ? " difference" : " differences");
}

}  // namespace pgtide
