// The command line: global flags and the chosen command.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "pgtide/settings.hpp"

namespace pgtide::cli {

struct Arguments {
  SettingsInput settings;  // flags and `--config`
  Verbosity verbosity = Verbosity::normal;
  std::function<int(Context&)> run;  // empty: `text` was asked for
  std::string command;               // the name of what `run` runs
  DryRun dry_run = DryRun::refused;  // what `command` makes of a dry run that npm kept
  std::string text;                  // help or version
};

// Throws Error(usage), with the nearest known flag or command.
Arguments parse_arguments(std::vector<std::string> words);

}  // namespace pgtide::cli
