// What makes a line a directive.
#pragma once

#include <cstddef>
#include <string_view>

#include "pgtide/error.hpp"

namespace pgtide::sql {

// `-- pgtide:` after blanks, whatever follows, or begins_foreign_way_back().
bool is_directive_line(std::string_view line);

// Where the way back begins in a script of another tool that keeps both in one file: goose, dbmate,
// sql-migrate, micrate, rambler, tern, MyBatis, Play. pgtide would run both ways, one after the
// other.
bool begins_foreign_way_back(std::string_view line);
// A heading that means the same when statements stand above it: `==== DOWN ====` of shmig, `Down
// Migration` of node-pg-migrate. In a rollback script it may stand on top.
bool is_way_back_heading(std::string_view line);
// For a line of either kind; with `message`, `hint` and column only.
Problem foreign_way_back_problem(std::string_view line);

// Offset just after the colon of a directive line; 0 when it is none.
std::size_t directive_body(std::string_view line);

}  // namespace pgtide::sql
