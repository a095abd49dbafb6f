// What makes a line a directive.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgtide::sql {

// `-- pgtide:` after blanks, whatever follows, or foreign_way_back().
bool is_directive_line(std::string_view line);

// Where the way back begins in a script of goose, dbmate, sql-migrate or MyBatis: offset of the
// words behind the dashes; 0 when it is no such line. pgtide would run both ways, one after the
// other.
std::size_t foreign_way_back(std::string_view line);

// Offset just after the colon of a directive line; 0 when it is none.
std::size_t directive_body(std::string_view line);

}  // namespace pgtide::sql
