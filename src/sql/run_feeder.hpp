// Cuts a script into the runs of lines that the lexer is fed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "sql/script_buffer.hpp"

namespace pgtide::sql {

// A run is whole lines; a line that reads like a directive is a run of its own.
class RunFeeder {
 public:
  struct Run {
    std::string_view text;  // the front of the buffer's window; the caller consumes it
    bool directive_line = false;
    bool too_long = false;  // for the lexer and for PostgreSQL: `text` is not to be used
  };

  explicit RunFeeder(ScriptBuffer& buffer) : buffer_(&buffer) {}

  // nullopt at the end of the script, and where bytes follow that are none.
  std::optional<Run> next();

 private:
  ScriptBuffer* buffer_;
};

}  // namespace pgtide::sql
