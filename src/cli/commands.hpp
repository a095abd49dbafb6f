// The table of commands. A new command is a cmd_<name>.cpp, a line here and in commands.cpp, and a
// case in tests/cli.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace pgtide::cli {

// What becomes of a `--dry-run` that npm kept (npm_dry_run.hpp).
enum class DryRun {
  refused,   // the command changes something and has no dry run
  honoured,  // the command looks for it itself
  harmless,  // the command changes nothing, or refuses by itself where it would
};

struct Command {
  std::string name;
  std::string arguments;  // in the usage line: `[VERSION]`
  std::string summary;    // one line in the list of commands
  std::string about;      // a paragraph for `--help`, may be empty
  std::string examples;   // for `--help`, one a line
  // Declares arguments and flags, and returns what runs once they are parsed; its result is the
  // exit code.
  std::function<std::function<int(Context&)>(CLI::App&)> declare;
  DryRun dry_run = DryRun::refused;
};

Command up_command();
Command down_command();
Command status_command();
Command generate_command();
Command validate_command();
Command verify_command();
Command drift_command();
Command history_command();
Command baseline_command();
Command resolve_command();
Command repair_command();
Command mark_good_command();
Command doctor_command();
Command backup_command();
Command restore_command();
Command reset_command();
Command rules_command();
Command config_command();

// In the order of `pgtide --help`.
std::vector<Command> all_commands();

}  // namespace pgtide::cli
