#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "pgtide/conninfo.hpp"
#include "pgtide/nearest.hpp"

namespace pgtide::cli {
namespace {

using Words = std::vector<std::string>;

// What other tools of this kind call it.
std::string known_as(const std::string& word) {
  struct Other {
    std::string_view words, here;
  };
  constexpr std::array others = {
      Other{" new create make add ", "`pgtide generate NAME`"},
      Other{" migrate apply deploy update ", "`pgtide up`"},
      Other{" rollback undo revert ", "`pgtide down VERSION`"},
      Other{" redo ", "`pgtide down VERSION`, then `pgtide up`"},
      Other{" info list show ", "`pgtide status`"},
      Other{" log ", "`pgtide history`"},
      Other{" check lint ", "`pgtide validate`"},
      Other{" test ", "`pgtide verify`"},
      Other{" init ",
            "`pgtide generate NAME`, or `pgtide baseline VERSION` for a database that has its "
            "schema"}};
  for (const Other& other : others) {
    if (other.words.find(" " + word + " ") != std::string_view::npos) {
      return fmt::format("here it is {}", other.here);
    }
  }
  return {};
}

class Judge {
 public:
  Judge(const CLI::App& app, const Words& words) : app_(app), words_(words) {
    const auto chosen = app_.get_subcommands();
    if (!chosen.empty()) command_ = chosen.front();
  }

  Error judge(const CLI::ParseError& error) const {
    // CLI11 tells the kind by type and the names only in its text.
    const std::string text = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return extra();
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      return refused(fmt::format("{} needs a {}", program(), text.substr(0, text.find(' '))));
    }
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
      const std::string between = " excludes ";
      const auto at = std::min(text.find(between), text.size());
      return refused(fmt::format("{} and {} exclude each other", text.substr(0, at),
                                 text.substr(std::min(at + between.size(), text.size()))));
    }
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return mismatch(text);
    return refused("the command line cannot be read: " + text);
  }

 private:
  std::string program() const {
    return command_ == nullptr ? "pgtide" : "pgtide " + command_->get_name();
  }

  std::string help() const {
    return command_ == nullptr ? "`pgtide --help` lists commands and flags"
                               : fmt::format("`{} --help` shows how", program());
  }

  Error refused(const std::string& message) const { return refused(message, help()); }
  static Error refused(const std::string& message, const std::string& hint) {
    return Error(ErrorKind::usage, message, hint);
  }

  Error mismatch(const std::string& text) const {
    for (const CLI::App* app : {&app_, command_}) {
      if (app == nullptr) continue;
      for (const CLI::Option* option : app->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          const std::string flag = "--" + name;
          if (text.find(name) == std::string::npos || times_given(flag) == 0) continue;
          if (option->get_items_expected_max() == 0) return refused(flag + " takes no value");
          if (times_given(flag) > 1) return refused(flag + " is given more than once");
          return refused(
              fmt::format("{} needs a value: {} {}", flag, flag, option->get_type_name()));
        }
      }
    }
    return refused("a flag has too many values or too few: " + text);
  }

  std::ptrdiff_t times_given(const std::string& flag) const {
    return std::count_if(words_.begin(), words_.end(), [&](const std::string& word) {
      return word == flag || word.starts_with(flag + "=");
    });
  }

  // A word that nothing takes.
  Error extra() const {
    const Words extras = app_.remaining(true);
    // What a shell made of a URL with a blank in it; any of the words may be of the password.
    if (std::ranges::any_of(extras, [](const std::string& extra) {
          return extra.find('@') != std::string::npos;
        })) {
      return refused("a word with an @ stands where nothing takes it",
                     "put a URL between quotes, and write %20 for a blank in its password");
    }
    const std::string word = extras.empty() ? std::string() : redact(extras.front());
    if (word.starts_with("-") && word.size() > 1)
      return unknown_flag(word.substr(0, word.find('=')));
    if (command_ == nullptr) {
      const std::string here = known_as(word);
      return refused(fmt::format("`{}` is not a command of pgtide", word),
                     here.empty() ? advice(nearest(word, commands())) : here);
    }
    return superfluous(word);
  }

  Error unknown_flag(const std::string& flag) const {
    const Words owners = commands_with(flag);
    if (command_ != nullptr && std::ranges::count(owners, command_->get_name()) > 0) {
      return refused(fmt::format("`{}` stands before the command", flag),
                     fmt::format("write {} {}", program(), flag));
    }
    if (!owners.empty()) {
      return refused(fmt::format("`{}` is not a flag of {}", flag, program()),
                     fmt::format("it is one of pgtide {}", fmt::join(owners, ", pgtide ")));
    }
    Words known = flags_of(app_);
    if (command_ != nullptr) {
      for (const std::string& own : flags_of(*command_)) known.push_back(own);
    }
    std::string near = nearest(flag, known);
    if (near.empty() && flag.size() > 3) near = only_completion(flag, known);
    return refused(fmt::format("`{}` is not a flag of {}", flag, program()), advice(near));
  }

  static std::string only_completion(const std::string& flag, const Words& known) {
    const auto completes = [&](const std::string& whole) { return whole.starts_with(flag); };
    if (std::count_if(known.begin(), known.end(), completes) != 1) return {};
    return *std::find_if(known.begin(), known.end(), completes);
  }

  std::string advice(const std::string& near) const {
    return near.empty() ? help() : fmt::format("did you mean {}?", near);
  }

  Error superfluous(const std::string& word) const {
    const auto at = std::find_if(words_.begin(), words_.end(),
                                 [&](const std::string& given) { return redact(given) == word; });
    const auto command = std::find(words_.begin(), words_.end(), command_->get_name());
    if (at != words_.end() && at != words_.begin() && (at - 1)->starts_with("--embedded=")) {
      return refused(fmt::format("`{}` is one argument too many for {}", word, program()),
                     fmt::format("a folder needs the equals sign: --embedded={}", word));
    }
    if (at < command) {
      return refused(fmt::format("`{}` stands before the command", word),
                     fmt::format("write {} {}", program(), word));
    }
    return refused(fmt::format("`{}` is one argument too many for {}", word, program()));
  }

  Words commands() const {
    Words names;
    for (const CLI::App* app : app_.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(app->get_name());
    }
    return names;
  }

  Words commands_with(const std::string& flag) const {
    Words names;
    for (const CLI::App* app : app_.get_subcommands([](const CLI::App*) { return true; })) {
      if (std::ranges::count(flags_of(*app), flag) > 0) names.push_back(app->get_name());
    }
    return names;
  }

  static Words flags_of(const CLI::App& app) {
    Words flags;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    }
    return flags;
  }

  const CLI::App& app_;
  const Words& words_;
  const CLI::App* command_ = nullptr;
};

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words) {
  return Judge(app, words).judge(error);
}

}  // namespace pgtide::cli
