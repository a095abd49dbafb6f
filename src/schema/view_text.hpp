// Definitions of views, as every version writes them.
#pragma once

#include <string>

namespace pgtide::schema {

// Before PostgreSQL 16 the columns of a view that reads one relation are written with its name in
// front (`SELECT t.a FROM public.t`), since then without. Returns what PostgreSQL 16 would write.
std::string without_needless_qualifiers(const std::string& definition);

}  // namespace pgtide::schema
