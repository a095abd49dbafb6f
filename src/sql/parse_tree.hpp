// What PostgreSQL's parser says about a statement.
#pragma once

#include <optional>
#include <string_view>

#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// nullopt when it does not parse, which is no error: the server may be newer than the parser.
std::optional<StatementKind> kind_by_parser(std::string_view text);

}  // namespace pgtide::sql
