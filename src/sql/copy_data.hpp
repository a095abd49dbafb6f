// The data that follows COPY … FROM STDIN in a script.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "pgtide/sql/statement.hpp"
#include "sql/script_buffer.hpp"

namespace pgtide::sql {

// Hands the data out in pieces, up to the line `\.`.
class CopyData {
 public:
  CopyData(ScriptBuffer& buffer, Position& cursor) : buffer_(&buffer), cursor_(&cursor) {}

  // The buffer's window is the first line of data.
  void begin();
  // Whole lines, except that a line longer than the buffer comes in several pieces. Valid until the
  // next call. nullopt when no data is being read, and after its end, which is consumed.
  std::optional<std::string_view> next();

 private:
  std::size_t find_end_marker(std::string_view lines) const;
  void end(std::string_view lines);

  ScriptBuffer* buffer_;
  Position* cursor_;  // of the next piece
  bool active_ = false;
  bool at_line_start_ = true;
  std::size_t handed_out_ = 0;
};

}  // namespace pgtide::sql
