// Places inside the body of a DO block.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// What a procedural language tells about an error: the line of the body that it was at (from 1, the
// line of the opening quote), and the query of that line, if there was one, with the character in
// it (from 1).
struct BodyPlace {
  std::size_t line = 1;
  std::string_view query = {};
  std::size_t character = 0;
};

// The same place in the script, in which `text` begins at `begin`. nullopt when `text` is no DO
// block, or has no such line.
std::optional<Position> locate_in_do_block(std::string_view text, const Position& begin,
                                           const BodyPlace& place);

}  // namespace pgtide::sql
