#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace pgtide::cli {
namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t text_column = 30;

// `left` in the margin and `text` beside it, broken between words.
std::string entry(const std::string& left, std::string_view text) {
  std::string out = "  " + left;
  std::size_t column = out.size();
  const auto new_line = [&] {
    out += "\n" + std::string(text_column, ' ');
    column = text_column;
  };
  if (column + 2 > text_column) {
    new_line();
  } else {
    out.append(text_column - column, ' ');
    column = text_column;
  }
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (column > text_column && column + 1 + word.size() > page_width) new_line();
    if (column > text_column) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

// A paragraph over the whole width, broken anew between its words.
std::string filled(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= page_width;
      out += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

// `-y, --yes`, `--url URL`, `--embedded[=FOLDER]`
std::string spelling(const CLI::Option& option) {
  std::string out;
  for (const std::string& name : option.get_snames()) out += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) out += "--" + name;
  const std::string value = option.get_type_size() == 0 ? std::string() : option.get_type_name();
  if (value.empty()) return out;
  return out + (value.starts_with("[=") ? "" : " ") + value;
}

enum class Kind { positional, flag };

std::string entries(const CLI::App& app, const std::string& group, Kind kind) {
  std::string out;
  std::string last;
  for (const CLI::Option* option : app.get_options()) {
    const bool positional = option->get_positional();
    if (positional != (kind == Kind::positional) || option->get_group() != group) continue;
    const std::string left = positional ? option->get_name(true) : spelling(*option);
    (option == app.get_help_ptr() ? last : out) += entry(left, option->get_description());
  }
  return out + last;
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? std::string() : fmt::format("\n{}:\n{}", title, body);
}

std::string usage(const Command& command) {
  return command.name + (command.arguments.empty() ? "" : " " + command.arguments);
}

std::string entry(const Command& command) {
  const std::string all = usage(command);
  return entry(all.size() + 4 > text_column ? command.name : all, command.summary);
}

}  // namespace

std::string program_help(const CLI::App& app, const std::vector<Command>& commands) {
  std::string list;
  for (const Command& command : commands) list += entry(command);
  const std::string start = entry("pgtide generate add_users", "write the first pair of scripts") +
                            entry("pgtide --embedded up", "try it on a private PostgreSQL") +
                            entry("pgtide COMMAND --help", "what a command does, with examples");
  return fmt::format("pgtide: {}\n\nUsage: pgtide [SETTINGS] COMMAND [ARGUMENTS]\n",
                     app.get_description()) +
         section("Start here", start) + section("Commands", list) +
         section("Flags", entries(app, "Options", Kind::flag)) +
         section("Settings, which every command takes", entries(app, "Settings", Kind::flag)) +
         "\nEvery setting can stand in pgtide.toml or in the environment too;\n"
         "`pgtide config` shows what is in effect and where it came from.\n";
}

std::string command_help(const CLI::App& app, const Command& command) {
  return filled(fmt::format("pgtide {}: {}", command.name, command.summary)) +
         fmt::format("\nUsage: pgtide {} [FLAGS]\n", usage(command)) +
         (command.about.empty() ? "" : "\n" + filled(command.about)) +
         section("Arguments", entries(app, "Options", Kind::positional)) +
         section("Flags", entries(app, "Options", Kind::flag)) +
         section("Examples", command.examples) +
         "\nSettings such as --url, --embedded and --dir go with every command;\n"
         "`pgtide --help` lists them.\n";
}

}  // namespace pgtide::cli
