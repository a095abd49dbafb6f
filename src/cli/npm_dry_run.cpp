#include "cli/npm_dry_run.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "pgtide/error.hpp"

namespace pgtide::cli {

bool npm_dry_run() {
  const char* value = std::getenv("npm_config_dry_run");
  return value != nullptr && std::string_view(value) == "true";
}

void refuse_npm_dry_run(const std::string& what) {
  if (!npm_dry_run()) return;
  throw Error(
      ErrorKind::usage,
      fmt::format("npm kept --dry-run, and `pgtide {}` has no dry run; nothing was done", what),
      "leave --dry-run out when this is what you want");
}

}  // namespace pgtide::cli
