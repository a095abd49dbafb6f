// Who can mend what the server says.
#pragma once

#include <string_view>

#include "pgtide/report.hpp"

namespace pgtide::engine {

// `environment` for what goes away without an edit of the script, `migration` for the rest. The
// table is that of docs/exit-codes.md.
FailureKind kind_of(std::string_view sqlstate);

// The ledger was there when the script began, and was not when its row was written.
bool says_that_ledger_is_gone(std::string_view sqlstate);

}  // namespace pgtide::engine
