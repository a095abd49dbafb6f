// Flags, variables and the file to one set of effective settings.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/settings_env_text.hpp"
#include "adapters/settings_table.hpp"
#include "adapters/toml_config.hpp"
#include "pgtide/settings.hpp"

namespace pgtide::adapters {

// A setting's text and where it was found.
struct Found {
  std::string text;
  SettingSource source = SettingSource::fallback;
  std::string origin;
  ScriptPosition at;  // only for a value of the file
};

class SettingsResolver {
 public:
  SettingsResolver(const std::map<std::string, std::string>& flags, const GetEnv& getenv,
                   const TomlConfig& file)
      : flags_(flags), getenv_(getenv), file_(file) {}

  // What it returns is meaningful only when there are no problems.
  ResolvedSettings resolve();
  std::vector<Problem> take_problems() { return std::exchange(problems_, {}); }

 private:
  std::optional<Found> find(const SettingSpec& spec) const;
  std::optional<Found> find_flag(const SettingSpec& spec) const;
  std::optional<Found> find_variable(const SettingSpec& spec) const;
  std::optional<Found> find_in_file(const SettingSpec& spec, const std::string& section) const;

  void choose_environment(const Found& found);
  void choose_database(std::map<std::string, Found>& found);
  void note_overruled_url(const Found& url);
  void store(const SettingSpec& spec, Found& found);
  void expand_url(Found& url);
  void take_from_session(EffectiveSetting& row) const;
  EffectiveSetting effective(const SettingSpec& spec, const std::optional<Found>& found) const;
  void add_problem(const ScriptPosition& at, std::string message, std::string hint = {});

  const std::map<std::string, std::string>& flags_;
  const GetEnv& getenv_;
  const TomlConfig& file_;
  ResolvedSettings resolved_;
  std::vector<Problem> problems_;
};

}  // namespace pgtide::adapters
