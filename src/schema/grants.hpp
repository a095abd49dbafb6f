// Access control lists in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide::schema {

// The elements of an array in PostgreSQL's text form, `{a,"b c"}`.
std::vector<std::string> array_elements(std::string_view text);

// `app: SELECT, UPDATE with grant option; owner: ALL`, sorted; `nobody` for a list without entries.
// `ALL` is what `owner` has in `default_acl`, whatever the version calls all. Both lists in
// PostgreSQL's text form, `{owner=arwd/owner,=r/owner}`.
std::string grants_in_words(std::string_view acl, std::string_view default_acl,
                            std::string_view owner);

}  // namespace pgtide::schema
