// `${VAR}` in a text of pgtide.toml.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace pgtide::adapters {

using GetEnv = std::function<std::optional<std::string>(const std::string&)>;

struct Expanded {
  std::string text;
  std::string problem;  // not empty: `text` is not usable
};

// Replaces each `${VAR}` by the variable. Values are taken as they are: what a URL needs encoded
// must be encoded in the variable. An unset or empty variable is a problem.
Expanded expand_variables(const std::string& text, const GetEnv& getenv);

}  // namespace pgtide::adapters
