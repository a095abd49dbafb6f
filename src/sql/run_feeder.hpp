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
  // The caller used only the front of the last run. What it did not use is fed again, so the next
  // runs are short: a script of many small COPYs must not be fed over and over.
  void cut_short() { limit_ = shortest; }

 private:
  static constexpr std::size_t shortest = 512;

  Run first_run(std::string_view lines);

  ScriptBuffer* buffer_;
  std::size_t limit_ = ScriptBuffer::chunk;  // about how long the next run may be
};

}  // namespace pgtide::sql
