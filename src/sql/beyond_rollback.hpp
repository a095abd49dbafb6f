// What statements do that no rollback takes back.
#pragma once

#include <string>
#include <string_view>

namespace pgtide::sql {

// `dblink_exec()`, `COPY … TO PROGRAM`, …; empty when the words of the statement name nothing of
// the kind. In a DO block the body is read, too; what a function does that it calls is not known.
std::string beyond_rollback(std::string_view statement);

}  // namespace pgtide::sql
