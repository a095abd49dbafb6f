// What differs between the schema that should be and the one that is.
#pragma once

#include <string>
#include <vector>

#include "pgtide/schema/difference.hpp"

namespace pgtide {

struct SchemaDrift {
  bool known = false;       // there is something to compare with
  std::string version;      // that was current then: `0003`, `0` before the first
  std::string recorded_at;  // UTC, ISO 8601; empty for a replay
  // From what should be to what is. Of a very large schema nothing but the fingerprint may have
  // been kept: then `changed` alone says it.
  std::vector<schema::Difference> differences;
  bool changed = false;

  std::string counted() const;  // `1 difference`, `3 differences`
};

}  // namespace pgtide
