#include "pgtide/schema_drift.hpp"

#include "core/wording.hpp"

namespace pgtide {

std::string SchemaDrift::counted() const {
  return pgtide::counted(differences.size(), "difference");
}

}  // namespace pgtide
