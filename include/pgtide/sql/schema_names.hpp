// The schemas that a script makes, or makes something in.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace pgtide::sql {

// As far as the text tells, strings and bodies of functions included: what CREATE SCHEMA names, and
// the schemas of the qualified names that stand in CREATE and ALTER. Names are folded, not quoted.
std::set<std::string> schemas_named_in(std::string_view text);

// The names of a search_path, as SET takes it. `$user` is what `user` is called.
std::set<std::string> names_in_search_path(std::string_view path, const std::string& user);

}  // namespace pgtide::sql
