// Statement by statement: locks, changes, rows, time.
#pragma once

#include <string>
#include <vector>

#include "pgtide/render.hpp"
#include "pgtide/trace.hpp"

namespace pgtide::render {

// Indented; a line a statement, and below it what it did.
std::string statements_text(const std::vector<StatementTrace>& statements, const Style& style);

}  // namespace pgtide::render
