#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/help.hpp"
#include "cli/usage_error.hpp"

namespace pgtide::cli {
namespace {

// CLI11 would take the next word for the value of an optional one: `--embedded up` must not use a
// folder called up.
void attach_embedded_default(std::vector<std::string>& words) {
  for (std::string& word : words) {
    if (word == "--") return;
    if (word == "--embedded") word = "--embedded=.pgtide";
  }
}

class Parser {
 public:
  Parser() : app_("PostgreSQL migrations with a proven way back", "pgtide") {
    app_.option_defaults()->disable_flag_override();
    declare_global_flags();
    app_.require_subcommand(0, 1);
    for (const Command& command : commands_) declare(command);
  }

  Arguments parse(std::vector<std::string> words) {
    // Some package managers hand their own `--` through; no command takes words that begin with
    // a dash, so it stands for nothing here.
    std::erase(words, "--");
    attach_embedded_default(words);
    if (!words.empty() && words.front() == "help") {  // `help up`, as git has it
      std::rotate(words.begin(), words.begin() + 1, words.end());
      words.back() = "--help";
    }
    std::vector<std::string> reversed(words.rbegin(),
                                      words.rend());  // what CLI11 expects of a vector
    try {
      app_.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return text(help());
    } catch (const CLI::ParseError& error) {
      throw usage_error(app_, error, words);
    }
    if (version_) return text(fmt::format("pgtide {}\n", PGTIDE_VERSION));
    if (app_.get_subcommands().empty()) {
      throw Error(ErrorKind::usage, "no command is given", "`pgtide --help` lists the commands");
    }
    return arguments();
  }

 private:
  void declare_global_flags() {
    app_.set_help_flag("-h,--help", "show this help");
    app_.add_flag("--version", version_, "show the version");
    app_.add_flag("-v,--verbose", verbose_, "show more of what is done");
    app_.add_flag("-q,--quiet", quiet_, "show errors and results only");
    for (const SettingInfo& info : setting_table()) {
      if (!info.flag.empty()) declare_setting(info);
    }
    config_option_ =
        app_.add_option("--config", config_, "the configuration file (default: pgtide.toml)")
            ->type_name("FILE")
            ->group("Settings");
  }

  void declare_setting(const SettingInfo& info) {
    Value& value = *values_.emplace_back(std::make_unique<Value>(info));
    const std::string description =
        fmt::format("{} (default: {})", info.description, info.fallback);
    if (info.value.empty()) {
      const std::string names = info.key == "yes" ? "-y," + info.flag : info.flag;
      value.option = app_.add_flag(names, value.set, info.description);
    } else {
      const std::string shown = info.key == "embedded" ? "[=FOLDER]" : info.value;
      value.option = app_.add_option(info.flag, value.text, description)->type_name(shown);
    }
    value.option->group("Settings");
  }

  void declare(const Command& command) {
    CLI::App* sub = app_.add_subcommand(command.name, command.summary);
    sub->fallthrough();
    sub->set_help_flag("-h,--help", "show this help");
    runners_.push_back({sub, command.declare(*sub), command.dry_run});
  }

  std::string help() const {
    const auto chosen = app_.get_subcommands();
    if (chosen.empty()) return program_help(app_, commands_);
    const auto command = std::find_if(commands_.begin(), commands_.end(), [&](const Command& c) {
      return c.name == chosen.front()->get_name();
    });
    return command_help(*chosen.front(), *command);
  }

  static Arguments text(std::string shown) {
    Arguments arguments;
    arguments.text = std::move(shown);
    return arguments;
  }

  Arguments arguments() const {
    if (verbose_ && quiet_) throw Error(ErrorKind::usage, "-v and -q exclude each other");
    Arguments arguments;
    for (const auto& value : values_) {
      if (value->option->count() > 0) arguments.settings.flags[value->key] = value->text;
    }
    if (config_option_->count() > 0) arguments.settings.config_path = config_;
    arguments.verbosity = verbose_ ? Verbosity::verbose
                          : quiet_ ? Verbosity::quiet
                                   : Verbosity::normal;
    for (const Runner& runner : runners_) {
      if (!runner.command->parsed()) continue;
      arguments.run = runner.run;
      arguments.command = runner.command->get_name();
      arguments.dry_run = runner.dry_run;
    }
    return arguments;
  }

  struct Value {
    explicit Value(const SettingInfo& info) : key(info.key) {}
    std::string key;
    std::string text;  // of a switch: empty
    bool set = false;
    CLI::Option* option = nullptr;
  };

  struct Runner {
    const CLI::App* command;
    std::function<int(Context&)> run;
    DryRun dry_run;
  };

  const std::vector<Command> commands_ = all_commands();
  CLI::App app_;
  std::vector<std::unique_ptr<Value>> values_;
  CLI::Option* config_option_ = nullptr;
  std::string config_;
  bool version_ = false;
  bool verbose_ = false;
  bool quiet_ = false;
  std::vector<Runner> runners_;
};

}  // namespace

Arguments parse_arguments(std::vector<std::string> words) {
  const auto parser = std::make_shared<Parser>();
  Arguments arguments = parser->parse(std::move(words));
  if (arguments.run) {
    // A command asks its options whether they were given, so they must outlive the parsing.
    arguments.run = [parser, run = arguments.run](Context& context) { return run(context); };
  }
  return arguments;
}

}  // namespace pgtide::cli
