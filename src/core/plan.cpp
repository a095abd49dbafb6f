#include "pgtide/plan.hpp"

#include <algorithm>

namespace pgtide {
namespace {

State state_of(const Migration* migration, const LedgerRow* row,
               const std::optional<Version>& current) {
  if (row == nullptr)
    return current && migration->version < *current ? State::out_of_order : State::pending;
  if (!row->rolled_back_at.empty()) return State::rolled_back;
  if (row->progress) return State::in_progress;
  if (!is_applied(*row)) return State::failed;
  if (migration == nullptr) return State::missing;
  // A table of another runner may have no checksums; there is nothing to compare then.
  const bool is_comparable = migration->forward_checksum && !row->checksum.empty();
  if (is_comparable && !migration->forward_checksum->matches(row->checksum)) return State::changed;
  return State::applied;
}

RollbackState rollback_of(const Migration* migration, const LedgerRow* row, bool is_irreversible) {
  if (is_irreversible) return RollbackState::irreversible;
  if (migration != nullptr && !migration->rollback_path.empty()) return RollbackState::ready;
  if (row != nullptr && row->rollback_stored) return RollbackState::stored;
  return RollbackState::missing;
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::applied:
      return "applied";
    case State::failed:
      return "failed";
    case State::rolled_back:
      return "rolled_back";
    case State::in_progress:
      return "in_progress";
    case State::changed:
      return "changed";
    case State::missing:
      return "missing";
    case State::out_of_order:
      return "out_of_order";
  }
  return "unknown";
}

std::string_view to_string(RollbackState state) {
  switch (state) {
    case RollbackState::ready:
      return "ready";
    case RollbackState::stored:
      return "stored";
    case RollbackState::missing:
      return "missing";
    case RollbackState::irreversible:
      return "irreversible";
  }
  return "unknown";
}

std::vector<VersionStatus> assess(const Catalog& catalog, const LedgerSnapshot& ledger,
                                  const std::vector<Version>& irreversible) {
  std::vector<Version> one_way = irreversible;
  std::sort(one_way.begin(), one_way.end());
  const std::optional<Version> current = ledger.current();
  std::vector<VersionStatus> all;
  all.reserve(std::max(catalog.migrations.size(), ledger.rows.size()));
  auto file = catalog.migrations.begin();
  auto row = ledger.rows.begin();
  while (file != catalog.migrations.end() || row != ledger.rows.end()) {
    const bool has_file = file != catalog.migrations.end() &&
                          (row == ledger.rows.end() || file->version <= row->version);
    const bool has_row = row != ledger.rows.end() && (!has_file || row->version == file->version);
    const Migration* migration = has_file ? &*file++ : nullptr;
    const LedgerRow* entry = has_row ? &*row++ : nullptr;
    const Version version = migration != nullptr ? migration->version : entry->version;
    all.push_back(
        {version, migration != nullptr ? migration->version_text : entry->version_text,
         migration != nullptr ? migration->name : entry->name, state_of(migration, entry, current),
         rollback_of(migration, entry, std::binary_search(one_way.begin(), one_way.end(), version)),
         migration, entry});
  }
  return all;
}

}  // namespace pgtide
