// What a statement's key words say about it.
#pragma once

#include <string_view>

#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// Never `other` for a statement of another kind, in any PostgreSQL version; looks no further than
// it must.
StatementKind kind_by_keywords(std::string_view text);

}  // namespace pgtide::sql
