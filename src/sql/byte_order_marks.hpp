// Byte-order marks that are not at the beginning of a file.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pgtide::sql {

// The offset of one outside of strings, comments and quoted names, where PostgreSQL takes it for a
// letter that nobody sees. It comes from files that were put together.
std::optional<std::size_t> misplaced_byte_order_mark(std::string_view statement);

}  // namespace pgtide::sql
