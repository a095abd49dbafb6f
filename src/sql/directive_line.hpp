// What makes a line a directive.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgtide::sql {

// `-- pgtide:` after blanks, whatever follows.
bool is_directive_line(std::string_view line);

// Offset just after the colon of a directive line; 0 when it is none.
std::size_t directive_body(std::string_view line);

}  // namespace pgtide::sql
