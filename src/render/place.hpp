// Where in a script, and what stands there.
#pragma once

#include <cstddef>
#include <string>

#include "pgtide/error.hpp"
#include "pgtide/render.hpp"

namespace pgtide::render {

// `file:line:column: `, as much of it as is known; empty without a file.
std::string place_prefix(const ScriptPosition& where);

// The source line and a caret below it, both indented. A line wider than the terminal is cut
// around the caret. Empty when `source_line` is.
std::string excerpt(const std::string& whole_line, std::size_t column, const Style& style);

}  // namespace pgtide::render
