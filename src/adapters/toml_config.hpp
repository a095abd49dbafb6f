// pgtide.toml: what it sets, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "pgtide/error.hpp"

namespace pgtide::adapters {

struct FileValue {
  std::string key;      // as in the table of settings, e.g. `policy.database_ahead`
  std::string text;     // as a flag would carry it
  std::string section;  // name of the environment; empty for the top level
  ScriptPosition at;
};

struct TomlConfig {
  std::string path;
  std::vector<FileValue> values;  // valid ones only
  std::vector<std::string> environments;
  std::vector<Problem> problems;  // in the order of the file
};

// `path` names the file in problems. Every value is checked, also those of environments that are
// not chosen.
TomlConfig parse_toml_config(const std::string& path, const std::string& text);

}  // namespace pgtide::adapters
