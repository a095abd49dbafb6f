#include "cli/given_text.hpp"

#include <fmt/format.h>

#include "pgtide/error.hpp"

namespace pgtide::cli {

std::optional<std::string> given_text(const CLI::Option& option, const std::string& what,
                                      const std::string& hint) {
  if (option.count() == 0) return std::nullopt;
  std::string text = option.as<std::string>();
  if (text.empty()) throw Error(ErrorKind::usage, fmt::format("the {} is empty", what), hint);
  return text;
}

}  // namespace pgtide::cli
