#include "pgtide/ledger.hpp"

#include <algorithm>

namespace pgtide {

const LedgerRow* LedgerSnapshot::find(Version version) const {
  const auto at = std::lower_bound(
      rows.begin(), rows.end(), version,
      [](const LedgerRow& row, const Version& wanted) { return row.version < wanted; });
  return at != rows.end() && at->version == version ? &*at : nullptr;
}

std::optional<Version> LedgerSnapshot::current() const {
  const auto newest = std::find_if(rows.rbegin(), rows.rend(), is_applied);
  if (newest == rows.rend()) return std::nullopt;
  return newest->version;
}

bool is_applied(const LedgerRow& row) {
  return row.rolled_back_at.empty() && row.success.value_or(true);
}

std::string_view to_string(LogEvent event) {
  switch (event) {
    case LogEvent::started:
      return "started";
    case LogEvent::applied:
      return "applied";
    case LogEvent::failed:
      return "failed";
    case LogEvent::rolled_back:
      return "rolled_back";
    case LogEvent::statement_done:
      return "statement_done";
    case LogEvent::baselined:
      return "baselined";
    case LogEvent::resolved:
      return "resolved";
    case LogEvent::repaired:
      return "repaired";
    case LogEvent::marked_good:
      return "marked_good";
    case LogEvent::schema_recorded:
      return "schema_recorded";
  }
  return "unknown";
}

std::string_view to_string(Direction direction) {
  return direction == Direction::up ? "up" : "down";
}

}  // namespace pgtide
