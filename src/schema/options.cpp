#include "schema/options.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "pgtide/checksum.hpp"
#include "schema/grants.hpp"

namespace pgtide::schema {
namespace {

constexpr std::string_view secret_words[] = {"pass",       "pwd",     "secret",  "token",
                                             "credential", "private", "api_key", "apikey"};

// Newer minor versions count a column's definitions in its options. No statement of a user's sets
// it, and pg_dump does not write it.
constexpr std::string_view column_version = "pg_attver=";

bool is_secret(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(secret_words,
                             [&](std::string_view word) { return name.find(word) != name.npos; });
}

}  // namespace

std::string options_in_words(std::string_view array) {
  std::vector<std::string> options = array_elements(array);
  std::erase_if(options,
                [](const std::string& option) { return option.starts_with(column_version); });
  for (std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == option.npos || !is_secret(option.substr(0, equals))) continue;
    const std::string digest = sha256_hex(option.substr(equals + 1)).substr(0, 8);
    option = option.substr(0, equals) + "=<hidden " + digest + ">";
  }
  std::ranges::sort(options);
  std::string out;
  for (const std::string& option : options) out += (out.empty() ? "" : ", ") + option;
  return out;
}

}  // namespace pgtide::schema
