#include "pgtide/trace.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pgtide {

bool blocks_reads(LockMode mode) {
  return mode == LockMode::access_exclusive;
}

// Writes take ROW EXCLUSIVE.
bool blocks_writes(LockMode mode) {
  return mode >= LockMode::share;
}

std::string_view to_string(LockMode mode) {
  static constexpr std::array<std::string_view, 8> names = {
      "ACCESS SHARE", "ROW SHARE",           "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE",
      "SHARE",        "SHARE ROW EXCLUSIVE", "EXCLUSIVE",     "ACCESS EXCLUSIVE"};
  return names.at(static_cast<std::size_t>(mode));
}

void add_to(StatementTrace& trace, StatementTrace again) {
  trace.wal_bytes += again.wal_bytes;
  trace.duration_us += again.duration_us;
  trace.times += again.times;
  trace.transaction = again.transaction;
  for (const RowsTrace& rows : again.rows) {
    const auto same = std::find_if(trace.rows.begin(), trace.rows.end(),
                                   [&](const RowsTrace& one) { return one.table == rows.table; });
    if (same == trace.rows.end()) {
      trace.rows.push_back(rows);
      continue;
    }
    same->inserted += rows.inserted;
    same->updated += rows.updated;
    same->deleted += rows.deleted;
  }
  for (LockTrace& lock : again.locks) {
    const auto same = std::find_if(trace.locks.begin(), trace.locks.end(), [&](const auto& one) {
      return one.object == lock.object && one.kind == lock.kind;
    });
    if (same == trace.locks.end()) {
      trace.locks.push_back(std::move(lock));
    } else {
      same->mode = std::max(same->mode, lock.mode);
    }
  }
  std::move(again.changes.begin(), again.changes.end(), std::back_inserter(trace.changes));
}

}  // namespace pgtide
