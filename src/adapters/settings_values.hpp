// Texts of settings to values and back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pgtide::adapters {

// true/yes/on/1 and false/no/off/0 in any letter case.
std::optional<bool> parse_switch(std::string_view text);

// The shortest spelling that parse_duration reads back: `2s`, `1500ms`; `0` for none.
std::string show_duration(std::chrono::milliseconds value);

// What keeps `name` from being the name of a schema, table or role; empty when nothing does.
std::string name_problem(std::string_view name, std::size_t max_bytes);

}  // namespace pgtide::adapters
