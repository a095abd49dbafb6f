// From everything that the catalogs say to what is worth telling once.
#include <algorithm>

#include "engine/trace_state.hpp"

namespace pgtide::engine {
namespace {

bool is_of_storage(ChangeKind kind) {
  return kind == ChangeKind::table_rewritten || kind == ChangeKind::table_emptied;
}

bool names_follow_the_table(ChangeKind kind) {
  return kind == ChangeKind::index_built || kind == ChangeKind::index_rebuilt ||
         kind == ChangeKind::index_dropped || kind == ChangeKind::constraint_added ||
         kind == ChangeKind::constraint_validated;
}

void merge(Change& into, const Change& from) {
  if (from.filling == Filling::filled) into.filling = Filling::filled;
  into.lost_is_estimate = into.lost_is_estimate || from.lost_is_estimate;
  if (from.lost) into.lost = into.lost.value_or(0) + *from.lost;
}

LockMode lock_for(const Change& change) {
  if (change.online) return LockMode::share_update_exclusive;
  switch (change.kind) {
    case ChangeKind::index_built:
      return LockMode::share;
    case ChangeKind::constraint_validated:
      return LockMode::share_update_exclusive;
    case ChangeKind::constraint_added:
      return change.constraint == ConstraintKind::foreign_key ? LockMode::share_row_exclusive
                                                              : LockMode::access_exclusive;
    default:
      return LockMode::access_exclusive;
  }
}

}  // namespace

// A statement on a partitioned table or a parent changes its children too: that is one change. What
// belongs to a table that is dropped, rewritten or retyped goes with it.
void TraceState::drop_repetitions() {
  const auto ancestor_change = [&](const Found& found) -> Found* {
    const auto at = relations_.find(found.table);
    for (Oid id = at == relations_.end() ? 0 : at->second.parent; id != 0;) {
      for (Found& other : found_) {
        const bool same =
            other.change.kind == found.change.kind &&
            (other.change.part == found.change.part || names_follow_the_table(found.change.kind));
        if (other.table == id && same) return &other;
      }
      const auto next = relations_.find(id);
      id = next == relations_.end() ? 0 : next->second.parent;
    }
    return nullptr;
  };
  const auto move_to_ancestor = [&](Found& found) {
    const auto at = relations_.find(found.table);
    const Oid parent = at == relations_.end() ? 0 : at->second.parent;
    const bool parent_changed = std::any_of(found_.begin(), found_.end(), [&](const Found& other) {
      return other.table == parent && !is_of_storage(other.change.kind);
    });
    if (parent == 0 || !parent_changed) return;
    found.table = parent;
    found.change.table = qualified(relations_[parent]);
  };
  for (Found& found : found_) {
    if (is_of_storage(found.change.kind)) move_to_ancestor(found);
  }

  std::vector<Found> kept;
  std::vector<bool> repeated(found_.size(), false);
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const Found& found = found_[i];
    const ChangeKind kind = found.change.kind;
    const bool of_index = kind == ChangeKind::index_dropped || kind == ChangeKind::index_built;
    const bool retyped = has(ChangeKind::column_retyped, found.table);
    if ((kind == ChangeKind::index_rebuilt && (has(ChangeKind::table_rewritten, found.table) ||
                                               has(ChangeKind::table_emptied, found.table))) ||
        (of_index && has(ChangeKind::table_dropped, found.table)) ||
        (retyped && (of_index || kind == ChangeKind::constraint_added))) {
      repeated[i] = true;
    } else if (Found* ancestor = ancestor_change(found)) {
      merge(ancestor->change, found.change);
      repeated[i] = true;
    } else if (is_of_storage(kind)) {
      for (std::size_t j = 0; j < i && !repeated[i]; ++j) {
        if (repeated[j] || found_[j].change.kind != kind || found_[j].table != found.table)
          continue;
        merge(found_[j].change, found.change);
        repeated[i] = true;
      }
    }
  }
  for (std::size_t i = 0; i < found_.size(); ++i) {
    if (!repeated[i]) kept.push_back(std::move(found_[i]));
  }
  found_ = std::move(kept);
}

// The transaction made these tables itself and has them locked from everybody; a migration that
// runs alone would take this.
void TraceState::add_unmeasured_locks(StatementTrace& trace) {
  for (const Found& found : found_) {
    if (found.table > age_.before_run) add_unmeasured_lock(found, trace);
  }
}

void TraceState::add_unmeasured_lock(const Found& found, StatementTrace& trace) {
  const LockMode mode = lock_for(found.change);
  const auto same =
      std::find_if(trace.locks.begin(), trace.locks.end(),
                   [&](const LockTrace& lock) { return lock.object == found.change.table; });
  if (same != trace.locks.end()) {
    same->mode = std::max(same->mode, mode);
  } else {
    trace.locks.push_back({.mode = mode,
                           .object = found.change.table,
                           .kind = found.change.relation_kind,
                           .measured = false});
  }
}

}  // namespace pgtide::engine
