// Where in a script an error of the server is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pgtide/ports/session.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {

// The place of an error, or of a notice, of the statement `text`, which begins at `begin`. What the
// server tells of another text (a prepared one, a function's) leads to the statement's begin.
sql::Position place_of(const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error);

// A line of CONTEXT about COPY data: `COPY people, line 3, column age: "x"`, or only its begin.
struct CopyContext {
  std::size_t line = 1;
  std::string value;  // as far as the server shows it
};

// What `context` says about the data of the COPY `statement`.
std::optional<CopyContext> place_in_copy(const std::string& context, std::string_view statement);

// Begin of the only field of `line` that is `value`; 0 when that is not so.
std::size_t find_field(std::string_view line, std::string_view value);

}  // namespace pgtide::engine
