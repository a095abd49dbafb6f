// Where the quote, comment or parenthesis begins that a script ends in.
#pragma once

#include <string>
#include <string_view>

#include "pgtide/sql/statement.hpp"
#include "sql/psql_lexer.hpp"

namespace pgtide::sql {

// "a string that begins here never ends".
std::string unterminated_message(PsqlLexer::Open open);

// What to write instead of `text`, which never ends; empty when nothing is known.
std::string unterminated_hint(std::string_view text);

// Its place in the statement `text`, which begins at `begin`; `begin` when it cannot be told.
Position find_unterminated(PsqlLexer::Open open, std::string_view text, const Position& begin);

}  // namespace pgtide::sql
