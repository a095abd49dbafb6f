// Statements that take a script out of the role that it runs as.
#pragma once

#include <string>
#include <string_view>

namespace pgtide::sql {

// `RESET ROLE`, `SET ROLE NONE`, `SET ROLE owner`, `SET SESSION AUTHORIZATION`, …; empty when the
// statement has none of them. A DO block is read to its end, strings and all, but a function that
// is called is not, nor what is put together at run time.
std::string leaves_role(std::string_view statement);

}  // namespace pgtide::sql
