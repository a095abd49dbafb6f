// A pgtide.toml in a folder of its own, with flags and variables that nothing else sets.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/settings.hpp"

namespace pgtide::test {

using Texts = std::map<std::string, std::string>;

class SettingsFixture {
 public:
  SettingsFixture() {
    char name[] = "/tmp/pgtide-settings-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    folder_ = name;
  }
  ~SettingsFixture() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SettingsFixture(const SettingsFixture&) = delete;
  SettingsFixture& operator=(const SettingsFixture&) = delete;

  std::string path() const { return (folder_ / "pgtide.toml").string(); }

  SettingsFixture& file(const std::string& text) {
    std::ofstream(path(), std::ios::binary) << text;
    has_file_ = true;
    return *this;
  }
  SettingsFixture& flags(Texts flags) {
    flags_ = std::move(flags);
    return *this;
  }
  SettingsFixture& env(Texts variables) {
    variables_ = std::move(variables);
    return *this;
  }

  SettingsInput input() const {
    SettingsInput input;
    input.flags = flags_;
    input.getenv = [variables = variables_](const std::string& name) -> std::optional<std::string> {
      const auto it = variables.find(name);
      return it == variables.end() ? std::nullopt : std::optional(it->second);
    };
    if (has_file_) input.config_path = path();
    return input;
  }
  ResolvedSettings resolve() const { return resolve_settings(input()); }
  Settings settings() const { return resolve().settings; }

  // `line:column: message | hint` of each problem, or the error's message when it has no list.
  std::vector<std::string> problems() const {
    try {
      resolve();
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::config);
      if (error.problems().empty()) return {error.what()};
      std::vector<std::string> lines;
      for (const auto& problem : error.problems()) {
        if (problem.where.line) CHECK(problem.where.file == path());
        lines.push_back(fmt::format("{}:{}: {} | {}", problem.where.line, problem.where.column,
                                    problem.message, problem.hint));
        const std::size_t at = lines.back().find(folder_.string() + "/");
        if (at != std::string::npos) lines.back().erase(at, folder_.string().size() + 1);
      }
      return lines;
    }
    return {};
  }
  // The same as they were thrown.
  std::vector<Problem> thrown() const {
    try {
      resolve();
    } catch (const Error& error) {
      return error.problems();
    }
    return {};
  }
  std::string problem() const { return fmt::format("{}", fmt::join(problems(), "\n")); }

 private:
  std::filesystem::path folder_;
  bool has_file_ = false;
  Texts flags_;
  Texts variables_;
};

inline EffectiveSetting row(const ResolvedSettings& resolved, const std::string& key) {
  for (const auto& setting : resolved.effective) {
    if (setting.key == key) return setting;
  }
  FAIL("no row for " << key);
  return {};
}

}  // namespace pgtide::test
