#include "adapters/settings_env_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace pgtide::adapters {
namespace {

bool is_variable_name(const std::string& name) {
  const auto word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), word);
}

}  // namespace

Expanded expand_variables(const std::string& text, const GetEnv& getenv) {
  Expanded result;
  std::size_t done = 0;
  for (;;) {
    const std::size_t open = text.find("${", done);
    result.text += text.substr(done, open - done);
    if (open == std::string::npos) return result;
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) return {{}, "has a ${ without a closing }"};
    const std::string name = text.substr(open + 2, close - open - 2);
    // What stands there may be a part of a password, so it is not repeated.
    if (!is_variable_name(name))
      return {{}, "has a ${…} that does not hold the name of a variable"};
    const auto value = getenv(name);
    if (!value || value->empty()) return {{}, fmt::format("needs {}, which is not set", name)};
    result.text += *value;
    done = close + 1;
  }
}

}  // namespace pgtide::adapters
