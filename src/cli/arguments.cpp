#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "pgtide/nearest.hpp"

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

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

class Parser {
 public:
  Parser() : app_("PostgreSQL migrations with a proven way back", "pgtide") {
    declare_global_flags();
    app_.require_subcommand(0, 1);
    app_.footer(
        "Start here:\n"
        "  pgtide generate add_users     write the first pair of scripts\n"
        "  pgtide --embedded up          try it on a private server\n"
        "  pgtide COMMAND --help         what a command does, with examples\n");
    for (const Command& command : all_commands()) declare(command);
  }

  Arguments parse(std::vector<std::string> words) {
    attach_embedded_default(words);
    std::vector<std::string> reversed(words.rbegin(),
                                      words.rend());  // what CLI11 expects of a vector
    try {
      app_.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return text(chosen_app().help());
    } catch (const CLI::ParseError& error) {
      refuse(error, words);
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
    for (const SettingInfo& info : setting_table()) declare_setting(info);
    config_option_ =
        app_.add_option("--config", config_, "the configuration file (default: pgtide.toml)")
            ->type_name("FILE")
            ->group("Settings");
    app_.add_flag("-v,--verbose", verbose_, "show more of what is done");
    app_.add_flag("-q,--quiet", quiet_, "show errors and results only");
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
    sub->footer(command.examples +
                "\n`pgtide --help` lists the settings, which every command takes.\n");
    runners_.push_back({sub, command.declare(*sub)});
  }

  const CLI::App& chosen_app() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? app_ : *chosen.front();
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
    for (const auto& [sub, run] : runners_) {
      if (sub->parsed()) arguments.run = run;
    }
    return arguments;
  }

  [[noreturn]] void refuse(const CLI::ParseError& error,
                           const std::vector<std::string>& words) const {
    const CLI::App& app = chosen_app();
    std::vector<std::string> known = flags_of(app_);
    for (const std::string& flag : flags_of(app)) known.push_back(flag);
    if (app.get_parent() == nullptr) {
      for (const CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; })) {
        known.push_back(sub->get_name());
      }
    }
    for (const std::string& word : words) {
      const std::string name = word.substr(0, word.find('='));
      const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
      if (!extra || std::find(known.begin(), known.end(), name) != known.end()) continue;
      if (std::string(error.what()).find(name) == std::string::npos) continue;
      const std::string near = nearest(name, known);
      throw Error(ErrorKind::usage,
                  fmt::format("`{}` is not a {} of pgtide{}", name,
                              name.starts_with("-") ? "flag" : "command or argument",
                              app.get_parent() == nullptr ? "" : " " + app.get_name()),
                  near.empty() ? help_hint(app) : fmt::format("did you mean {}?", near));
    }
    std::string message = error.what();
    if (!message.empty())
      message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
    while (!message.empty() && (message.back() == '.' || message.back() == '\n'))
      message.pop_back();
    throw Error(ErrorKind::usage, message, help_hint(app));
  }

  static std::string help_hint(const CLI::App& app) {
    return app.get_parent() == nullptr
               ? "`pgtide --help` lists commands and flags"
               : fmt::format("`pgtide {} --help` shows how", app.get_name());
  }

  struct Value {
    explicit Value(const SettingInfo& info) : key(info.key) {}
    std::string key;
    std::string text;  // of a switch: empty
    bool set = false;
    CLI::Option* option = nullptr;
  };

  CLI::App app_;
  std::vector<std::unique_ptr<Value>> values_;
  CLI::Option* config_option_ = nullptr;
  std::string config_;
  bool version_ = false;
  bool verbose_ = false;
  bool quiet_ = false;
  std::vector<std::pair<CLI::App*, std::function<int(Context&)>>> runners_;
};

}  // namespace

Arguments parse_arguments(std::vector<std::string> words) {
  return Parser().parse(std::move(words));
}

}  // namespace pgtide::cli
