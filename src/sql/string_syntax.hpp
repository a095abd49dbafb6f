// What a backslash is in '…': the setting standard_conforming_strings.
#pragma once

#include <optional>
#include <string_view>

#include "pgtide/sql/script_reader.hpp"

namespace pgtide::sql {

// How strings are read after `statement`; unset when it leaves that as it is. Seen are SET, RESET,
// DISCARD ALL and SELECT set_config(…); what a function sets stays unseen.
std::optional<StringSyntax> string_syntax_after(std::string_view statement);

}  // namespace pgtide::sql
