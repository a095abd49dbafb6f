// From what the server reports to a place in a file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// The place of the `character`-th character (from 1, as in the server's P field) of `text`, which
// begins at `begin`. Past the end: the end.
Position locate(std::string_view text, const Position& begin, std::size_t character);

// The line of `text` that holds `at`, without its line end; `begin` is where `text` starts. The
// part of that line before `text` is not known here and is replaced by blanks, so that a caret
// under column `at.column` is right.
std::string line_at(std::string_view text, const Position& begin, const Position& at);

// A caret line for `column` of `line`: blanks (tabs kept, wide characters counted by display
// width), then `^`.
std::string caret_line(std::string_view line, std::size_t column);

// The position just after `text` when `text` begins at `begin`.
Position advance(const Position& begin, std::string_view text);

}  // namespace pgtide::sql
