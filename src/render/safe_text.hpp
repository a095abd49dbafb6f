// Text of others, made fit for a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgtide::render {

// One line: control characters and bytes that are no UTF-8 are written as \xNN, so that no name or
// message can move the cursor or change the terminal.
std::string printable(std::string_view text);
// The same, but tabs and line ends stay; CRLF becomes LF.
std::string printable_lines(std::string_view text);

// Columns that a printable line takes up on a terminal.
std::size_t display_width(std::string_view line);
// `line`, at most `width` columns wide; what was cut off is replaced by `...`.
std::string shortened(std::string_view line, std::size_t width);

// `rolled_back` -> `rolled back`
std::string words(std::string_view identifier);

// `label: text` with a line end, after `indent` blanks; further lines of `text` stand below its
// first one. Empty when `text` is.
std::string field(std::size_t indent, std::string_view label, std::string_view text);

}  // namespace pgtide::render
