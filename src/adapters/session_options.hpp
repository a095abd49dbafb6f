// What a connection's `options` (of the URL, or PGOPTIONS) set for the session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgtide::adapters {

// The value of `name` in `-c name=value -c …` as the server reads it: blanks separate words, a
// backslash takes the next character as it is, the last of several counts.
std::optional<std::string> session_option(std::string_view options, std::string_view name);

// The `options` of a connection URL or string; empty when it has none or cannot be understood.
std::string options_of_url(const std::string& url);

}  // namespace pgtide::adapters
