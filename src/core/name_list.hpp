// Lists of names as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtide {

constexpr const char* search_path_hint =
    "write the schemas as PostgreSQL stores them, separated by commas: app, public; one with a "
    "comma "
    "in it between double quotes";

// The names of `text`, as PostgreSQL stores them, separated by commas; blanks around them do not
// count. One that holds a comma, or blanks at its ends, stands between double quotes, and so may
// any other; a double quote in it is doubled. nullopt when a name is empty or its quotes do not
// fit.
std::optional<std::vector<std::string>> names_in_list(std::string_view text);

// `names`, quoted, as the setting search_path takes them: `"$user"` keeps its meaning.
std::string quoted_list(const std::vector<std::string>& names);

}  // namespace pgtide
