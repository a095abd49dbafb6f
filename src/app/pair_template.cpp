#include "app/pair_template.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <sstream>
#include <string_view>

namespace pgtide {
namespace {

constexpr const char* forward_text = R"(-- Migration: {name}
-- Version: {version}
-- Date: {date}

-- Write the statements that lead forward here. They run in one transaction together with their ledger
-- row; BEGIN and COMMIT are not needed. The way back belongs into
-- {other}.
)";

constexpr const char* rollback_text = R"(-- Rollback for: {name}
-- Version: {version}
-- Date: {date}

-- Write the statements that undo {other} here, in reverse order.
-- If there is no way back, say why with the directive `pgtide: irreversible REASON` in a comment line of
-- its own.
)";

std::string filled_in(const char* text, const std::string& version, const std::string& name,
                      const std::string& other) {
  return fmt::format(fmt::runtime(text), fmt::arg("name", name), fmt::arg("version", version),
                     fmt::arg("date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))),
                     fmt::arg("other", other));
}

// With one `{field}` at most, which stands for anything.
bool fits_pattern(std::string_view line, std::string_view pattern) {
  const std::size_t open = pattern.find('{');
  if (open == pattern.npos) return line == pattern;
  const std::string_view head = pattern.substr(0, open);
  const std::string_view tail = pattern.substr(pattern.find('}') + 1);
  return line.size() >= head.size() + tail.size() && line.starts_with(head) && line.ends_with(tail);
}

}  // namespace

std::string forward_template(const std::string& version, const std::string& name,
                             const std::string& rollback_path) {
  return filled_in(forward_text, version, name, rollback_path);
}

std::string rollback_template(const std::string& version, const std::string& name,
                              const std::string& forward_path) {
  return filled_in(rollback_text, version, name, forward_path);
}

bool is_untouched_rollback(const std::string& text) {
  std::istringstream lines(text);
  std::istringstream patterns(rollback_text);
  std::string line;
  std::string pattern;
  while (std::getline(patterns, pattern)) {
    if (!std::getline(lines, line)) return false;
    if (line.ends_with('\r')) line.pop_back();
    if (!fits_pattern(line, pattern)) return false;
  }
  return !std::getline(lines, line);
}

}  // namespace pgtide
