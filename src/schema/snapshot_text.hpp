// A snapshot as text that can be stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::schema {

std::string to_text(const Snapshot& snapshot);
// nullopt for text that to_text() did not write.
std::optional<Snapshot> from_text(std::string_view text);

}  // namespace pgtide::schema
