// Scripts whose strings hold backslashes.
#pragma once

#include <optional>

#include "pgtide/byte_source.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// Whether a script falls into other statements for a server whose standard_conforming_strings is
// off: the first statement that does. Both sources hold the script.
std::optional<Position> where_escapes_matter(ByteSource& script, ByteSource& again);

}  // namespace pgtide::sql
