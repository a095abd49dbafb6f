// The value of a flag or an argument that may be left out.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace pgtide::cli {

// What `option` was given; nullopt when it was left out. An empty value is an unset variable, not a
// wish to leave it out: throws Error(usage) that says "the <what> is empty", with `hint`.
std::optional<std::string> given_text(const CLI::Option& option, const std::string& what,
                                      const std::string& hint);

}  // namespace pgtide::cli
