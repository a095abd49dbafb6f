// Pieces of the sentences that catalog and planner say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgtide {

// "a", "a and b", "a, b and c"; after `most` of them "and 7 more".
std::string list_of(const std::vector<std::string>& items, std::size_t most);

// `0006 (add_x)`, or `0006` when there is no name.
std::string labelled(std::string_view version_text, std::string_view name);

// `1 migration`, `3 migrations`
std::string counted(std::uint64_t count, std::string_view noun);

// Either part may be written with or without its slash.
std::string joined_path(std::string_view directory, std::string_view below);

}  // namespace pgtide
