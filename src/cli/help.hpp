// What `--help` prints.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace pgtide::cli {

// `app` is the whole program. At most 100 columns wide; ends with a line end.
std::string program_help(const CLI::App& app, const std::vector<Command>& commands);
std::string command_help(const CLI::App& app, const Command& command);

}  // namespace pgtide::cli
