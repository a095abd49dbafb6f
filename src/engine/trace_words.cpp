#include "engine/trace_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pgtide/query.hpp"

namespace pgtide::engine::words {

std::optional<LockMode> lock_mode(const std::string& name) {
  static const std::array<std::pair<std::string_view, LockMode>, 8> modes = {{
      {"AccessShareLock", LockMode::access_share},
      {"RowShareLock", LockMode::row_share},
      {"RowExclusiveLock", LockMode::row_exclusive},
      {"ShareUpdateExclusiveLock", LockMode::share_update_exclusive},
      {"ShareLock", LockMode::share},
      {"ShareRowExclusiveLock", LockMode::share_row_exclusive},
      {"ExclusiveLock", LockMode::exclusive},
      {"AccessExclusiveLock", LockMode::access_exclusive},
  }};
  const auto found = std::find_if(modes.begin(), modes.end(),
                                  [&](const auto& mode) { return mode.first == name; });
  return found == modes.end() ? std::nullopt : std::optional(found->second);
}

std::string relation(char kind) {
  switch (kind) {
    case 'p':
      return "partitioned table";
    case 'm':
      return "materialized view";
    case 'v':
      return "view";
    case 'f':
      return "foreign table";
    case 'S':
      return "sequence";
    case 'i':
    case 'I':
      return "index";
    default:
      return "table";
  }
}

ConstraintKind constraint(char type) {
  switch (type) {
    case 'f':
      return ConstraintKind::foreign_key;
    case 'u':
      return ConstraintKind::unique;
    case 'p':
      return ConstraintKind::primary_key;
    case 'x':
      return ConstraintKind::exclusion;
    default:
      return ConstraintKind::check;
  }
}

std::string name_of(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool is_plain = !name.empty() && (name.front() < '0' || name.front() > '9') &&
                        std::all_of(name.begin(), name.end(), plain);
  return is_plain ? name : quote_identifier(name);
}

}  // namespace pgtide::engine::words
