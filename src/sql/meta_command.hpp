// psql's backslash commands in a script.
#pragma once

#include <string>

#include "pgtide/sql/script_reader.hpp"

namespace pgtide::sql {

// "\connect is a command of psql, not SQL", and what to do instead.
std::string meta_command_message(const MetaCommand& command);
std::string meta_command_hint(const MetaCommand& command);

}  // namespace pgtide::sql
