// What was wrong with the words on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "pgtide/error.hpp"

namespace pgtide::cli {

// `app` is the whole program after it failed to parse `words`.
Error usage_error(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words);

}  // namespace pgtide::cli
