// How texts and documents name what a statement changed.
#pragma once

#include <string>
#include <string_view>

#include "pgtide/trace.hpp"

namespace pgtide::render {

// `column_added`
std::string_view name_of(ChangeKind kind);
// `foreign_key`
std::string_view name_of(ConstraintKind kind);
// `access_exclusive`
std::string name_of(LockMode mode);
// `adds column public.users.age integer`
std::string change_text(const Change& change);

}  // namespace pgtide::render
