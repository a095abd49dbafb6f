#include "pgtide/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "adapters/settings_resolver.hpp"
#include "adapters/settings_table.hpp"
#include "adapters/toml_config.hpp"

namespace pgtide {
namespace {

using namespace adapters;

constexpr const char* default_config_file = "pgtide.toml";

struct ConfigChoice {
  std::string path;    // empty: no file
  std::string origin;  // who named it; empty: the default
};

ConfigChoice choose_config(const SettingsInput& input, const GetEnv& getenv) {
  if (input.config_path) return {*input.config_path, "--config"};
  if (auto named = getenv("PGTIDE_CONFIG"); named && !named->empty()) {
    return {*named, "PGTIDE_CONFIG"};
  }
  std::error_code ignored;
  if (std::filesystem::exists(default_config_file, ignored)) return {default_config_file, {}};
  return {};
}

std::string read_config(const ConfigChoice& choice) {
  const std::string by = choice.origin.empty() ? "" : fmt::format(" (named by {})", choice.origin);
  if (choice.path.empty()) {
    throw Error(ErrorKind::config, fmt::format("{} names no file", choice.origin));
  }
  std::error_code error;
  const auto status = std::filesystem::status(choice.path, error);
  if (!std::filesystem::exists(status)) {
    throw Error(ErrorKind::config, fmt::format("there is no file {}{}", choice.path, by));
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(ErrorKind::config, fmt::format("{} is a folder{}", choice.path, by),
                "name the file in it");
  }
  std::ifstream file(choice.path, std::ios::binary);
  constexpr std::size_t longest = std::size_t{1} << 20;  // a device may have no end
  std::string text(longest, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() == longest) {
    throw Error(ErrorKind::config,
                fmt::format("{}{} is too long for a configuration file", choice.path, by));
  }
  if (!file.is_open() || file.bad()) {
    throw Error(ErrorKind::config, fmt::format("cannot read {}{}", choice.path, by));
  }
  return text;
}

}  // namespace

const std::vector<SettingInfo>& setting_table() {
  static const std::vector<SettingInfo> table = [] {
    std::vector<SettingInfo> rows;
    for (const auto& spec : setting_specs()) rows.push_back(spec.info);
    return rows;
  }();
  return table;
}

ResolvedSettings resolve_settings(const SettingsInput& input) {
  GetEnv getenv = input.getenv;
  if (!getenv) getenv = [](const std::string&) { return std::nullopt; };
  const ConfigChoice choice = choose_config(input, getenv);
  TomlConfig file;
  if (!choice.path.empty() || !choice.origin.empty()) {
    file = parse_toml_config(choice.path, read_config(choice));
  }
  SettingsResolver resolver(input.flags, getenv, file);
  ResolvedSettings resolved = resolver.resolve();
  resolved.config_file = choice.path;
  std::vector<Problem> problems = std::move(file.problems);
  auto more = resolver.take_problems();
  std::move(more.begin(), more.end(), std::back_inserter(problems));
  if (!problems.empty()) {
    const auto n = problems.size();
    throw Error(ErrorKind::config,
                n == 1 ? "the configuration has a problem"
                       : fmt::format("the configuration has {} problems", n),
                std::move(problems));
  }
  return resolved;
}

}  // namespace pgtide
