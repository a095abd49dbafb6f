#include "adapters/session_options.hpp"

#include <libpq-fe.h>

#include <memory>
#include <vector>

#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

std::vector<std::string> words_of(std::string_view options) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (is_blank(options[i])) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (options[i] == '\\' && i + 1 < options.size()) ++i;
    words.back() += options[i];
  }
  return words;
}

}  // namespace

std::optional<std::string> session_option(std::string_view options, std::string_view name) {
  std::optional<std::string> found;
  const std::vector<std::string> words = words_of(options);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "-c" && i + 1 < words.size()) {
      word = words[++i];
    } else if (word.starts_with("-c") || word.starts_with("--")) {
      word.remove_prefix(2);
    } else {
      continue;
    }
    const std::size_t equals = word.find('=');
    std::string key(word.substr(0, equals));
    for (char& c : key) {
      if (c == '-') c = '_';
    }
    if (equals != std::string_view::npos && key == name) found = word.substr(equals + 1);
  }
  return found;
}

std::string options_of_url(const std::string& url) {
  if (url.empty()) return {};
  try {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(parse_connection(url).conninfo.c_str(), nullptr), &PQconninfoFree);
    for (const auto* option = parsed.get(); option != nullptr && option->keyword; ++option) {
      if (option->keyword == std::string_view("options") && option->val != nullptr) {
        return option->val;
      }
    }
  } catch (const Error&) {  // told of where it is used
  }
  return {};
}

}  // namespace pgtide::adapters
