#include "engine/trace_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/trace_words.hpp"

namespace pgtide::engine {
namespace {

bool is_table(char kind) {
  return kind == 'r' || kind == 'p';
}
bool is_index(char kind) {
  return kind == 'i' || kind == 'I';
}

}  // namespace

bool TraceState::is_own(const std::string& schema, const std::string& name) const {
  return schema == names_.schema &&
         (name == names_.table || name == names_.log() || name == names_.health_view());
}

TraceState::Relation* TraceState::known(Oid id) {
  const auto found = relations_.find(id);
  return found == relations_.end() || found->second.gone ? nullptr : &found->second;
}

std::string TraceState::qualified(const Relation& relation) const {
  return words::name_of(relation.schema) + "." + words::name_of(relation.name);
}

void TraceState::store_relation(const AnswerRow& row) {
  const std::string& schema = text_of(row, 2);
  const std::string& name = text_of(row, 3);
  if (is_own(schema, name)) return;
  relations_[number_of<Oid>(row, 1)] = {.schema = schema,
                                        .name = name,
                                        .kind = text_of(row, 4).front(),
                                        .storage = text_of(row, 5),
                                        .parent = number_of<Oid>(row, 6),
                                        .table = number_of<Oid>(row, 7),
                                        .filling = filling_in(row, 8)};
}

void TraceState::load(const AnswerRows& rows) {
  for (const AnswerRow& row : rows) {
    const std::string& what = text_of(row, 0);
    const Oid id = number_of<Oid>(row, 1);
    if (what == "newest") {
      newest_ = std::max(newest_, id);
    } else if (what == "relation") {
      store_relation(row);
    } else if (what == "column") {
      columns_[id][number_of<int>(row, 2)] = {text_of(row, 3), text_of(row, 4), flag_of(row, 5),
                                              flag_of(row, 6)};
    } else if (what == "constraint") {
      constraints_[number_of<Oid>(row, 2)] = flag_of(row, 5);
    }
  }
  if (!loaded_) age_ = {.before_run = newest_, .before_step = newest_};
  loaded_ = true;
}

bool TraceState::is_name(const std::string& qualified_name) const {
  return std::any_of(relations_.begin(), relations_.end(), [&](const auto& entry) {
    return !entry.second.gone && qualified(entry.second) == qualified_name;
  });
}

TraceState::Found& TraceState::add(ChangeKind kind, Oid table, std::string part) {
  Found found{.change = {.kind = kind, .part = std::move(part)}, .table = table};
  if (const Relation* relation = known(table)) {
    found.change.table = qualified(*relation);
    found.change.relation_kind = words::relation(relation->kind);
  }
  found.change.filling = filling_of(table);
  found_.push_back(std::move(found));
  return found_.back();
}

bool TraceState::has(ChangeKind kind, Oid table) const {
  return std::any_of(found_.begin(), found_.end(), [&](const Found& found) {
    return found.change.kind == kind && found.table == table;
  });
}

Filling TraceState::filling_of(Oid table) {
  const Relation* relation = known(table);
  if (relation == nullptr) return Filling::unknown;
  Filling filling = relation->kind == 'p' ? Filling::empty : relation->filling;
  for (const auto& [id, other] : relations_) {
    if (filling == Filling::filled) break;
    if (other.parent != table || other.gone) continue;
    const Filling child = filling_of(id);
    if (child != Filling::empty) filling = child;
  }
  return filling;
}

void TraceState::apply(const AnswerRows& rows, StatementTrace& trace) {
  found_.clear();
  sizes_.clear();
  for (const AnswerRow& row : rows) {
    if (text_of(row, 0) == "size") sizes_[number_of<Oid>(row, 1)] = filling_in(row, 2);
  }
  if (trace.command != "TRUNCATE") note_sizes();
  for (const AnswerRow& row : rows) {
    const std::string& what = text_of(row, 0);
    if (what == "gone") see_gone(row);
    if (what == "rows") see_rows(row, trace);
    if (what == "relation") see_relation(row);
    if (what == "column") see_column(row);
    if (what == "constraint") see_constraint(row);
  }
  std::sort(trace.rows.begin(), trace.rows.end(),
            [](const RowsTrace& a, const RowsTrace& b) { return a.table < b.table; });
  see_locks(rows, trace);
  drop_repetitions();
  add_unmeasured_locks(trace);
  for (const AnswerRow& row : rows) {
    if (text_of(row, 0) != "gone") continue;
    if (Relation* relation = known(number_of<Oid>(row, 1))) relation->gone = true;
  }
  keep_found(trace);
}

// An empty file now tells nothing of what a statement has just taken away.
void TraceState::note_sizes() {
  for (const auto& [id, filling] : sizes_) {
    Relation* relation = known(id);
    if (relation != nullptr && relation->filling != Filling::filled) relation->filling = filling;
  }
}

void TraceState::keep_found(StatementTrace& trace) {
  for (Found& found : found_) trace.changes.push_back(std::move(found.change));
  for (const auto& [id, filling] : sizes_) {
    if (Relation* relation = known(id)) relation->filling = filling;
  }
  losses_.clear();
}

// An index is locked with its table; only a stronger lock on it says more.
void TraceState::see_locks(const AnswerRows& rows, StatementTrace& trace) {
  std::map<Oid, LockMode> taken;
  for (const AnswerRow& row : rows) {
    if (text_of(row, 0) != "lock") continue;
    const Oid id = number_of<Oid>(row, 1);
    const auto mode = words::lock_mode(text_of(row, 2));
    if (!mode || !locks_.emplace(id, *mode).second) continue;
    const auto [entry, is_first] = taken.try_emplace(id, *mode);
    if (!is_first) entry->second = std::max(entry->second, *mode);
  }
  for (const auto& [id, mode] : taken) {
    const auto found = relations_.find(id);  // may be gone by now
    if (found == relations_.end()) continue;
    const Relation& relation = found->second;
    const auto on_table = locks_.lower_bound({relation.table, mode});
    if (is_index(relation.kind) && on_table != locks_.end() && on_table->first == relation.table) {
      continue;
    }
    trace.locks.push_back(
        {.mode = mode, .object = qualified(relation), .kind = words::relation(relation.kind)});
  }
}

void TraceState::see_gone(const AnswerRow& row) {
  const Oid id = number_of<Oid>(row, 1);
  Relation* relation = known(id);
  if (relation == nullptr) return;
  if (is_table(relation->kind)) {
    note_lost(add(ChangeKind::table_dropped, id).change, id, {});
  } else if (is_index(relation->kind)) {
    add(ChangeKind::index_dropped, relation->table, relation->name);
  }
}

RowsTrace TraceState::counted_in(const AnswerRow& row) {
  return {
      .inserted = number_of(row, 2), .updated = number_of(row, 3), .deleted = number_of(row, 4)};
}

void TraceState::note_counters(const AnswerRows& rows) {
  counters_.clear();
  for (const AnswerRow& row : rows) counters_[number_of<Oid>(row, 1)] = counted_in(row);
}

void TraceState::see_rows(const AnswerRow& row, StatementTrace& trace) {
  const Oid id = number_of<Oid>(row, 1);
  Relation* relation = known(id);
  const RowsTrace now = counted_in(row);
  RowsTrace& last = counters_[id];
  const auto grown = [](std::uint64_t after, std::uint64_t before) {
    return after > before ? after - before : 0;  // TRUNCATE sets them back
  };
  RowsTrace change{.inserted = grown(now.inserted, last.inserted),
                   .updated = grown(now.updated, last.updated),
                   .deleted = grown(now.deleted, last.deleted)};
  last = now;
  if (relation == nullptr || change.inserted + change.updated + change.deleted == 0) return;
  if (change.inserted > 0) relation->filling = Filling::filled;
  change.table = qualified(*relation);
  change.existed = existed(id);
  trace.rows.push_back(std::move(change));
}

void TraceState::see_storage(Oid id, Relation& relation, const std::string& storage) {
  if (relation.storage == storage) return;
  relation.storage = storage;
  if (is_index(relation.kind)) {
    add(ChangeKind::index_rebuilt, relation.table, relation.name);
    return;
  }
  if (relation.kind != 'r' && relation.kind != 'm') return;
  const auto size = sizes_.find(id);
  const bool empty_now = size != sizes_.end() && size->second == Filling::empty;
  const bool emptied =
      losses_.count({id, {}}) > 0 || (empty_now && relation.filling == Filling::filled);
  Change& change =
      add(emptied ? ChangeKind::table_emptied : ChangeKind::table_rewritten, id).change;
  if (emptied) note_lost(change, id, {});
}

void TraceState::see_new_index(const AnswerRow& row) {
  store_relation(row);
  const Relation* relation = known(number_of<Oid>(row, 1));
  const Relation* table = relation != nullptr ? known(relation->table) : nullptr;
  if (table != nullptr && is_index(relation->kind)) {
    add(ChangeKind::index_built, relation->table, relation->name);
  }
}

bool TraceState::built_now(const Relation& index) const {
  return std::any_of(found_.begin(), found_.end(), [&](const Found& found) {
    return found.change.kind == ChangeKind::index_built && found.table == index.table &&
           found.change.part == index.name;
  });
}

void TraceState::see_relation(const AnswerRow& row) {
  const Oid id = number_of<Oid>(row, 1);
  Relation* relation = known(id);
  if (relation == nullptr) return see_new_index(row);
  see_storage(id, *relation, text_of(row, 5));
  const bool renamed = relation->schema != text_of(row, 2) || relation->name != text_of(row, 3);
  if (renamed && is_table(relation->kind)) {
    Change& change = add(ChangeKind::table_renamed, id).change;
    change.before = change.table;
    change.after = words::name_of(text_of(row, 2)) + "." + words::name_of(text_of(row, 3));
  }
  relation->schema = text_of(row, 2);
  relation->name = text_of(row, 3);
  relation->parent = number_of<Oid>(row, 6);
}

void TraceState::see_column(const AnswerRow& row) {
  const Oid table = number_of<Oid>(row, 1);
  if (known(table) == nullptr) return;
  const Column now{text_of(row, 3), text_of(row, 4), flag_of(row, 5), flag_of(row, 6)};
  auto& columns = columns_[table];
  const auto [entry, is_new] = columns.try_emplace(number_of<int>(row, 2), now);
  if (is_new) {
    if (now.dropped) return;
    Change& change = add(ChangeKind::column_added, table, now.name).change;
    change.after = now.type;
    change.required = now.required;
    change.proven = flag_of(row, 8);
    return;
  }
  const Column before = std::exchange(entry->second, now);
  if (before.dropped) return;
  if (now.dropped) {
    note_lost(add(ChangeKind::column_dropped, table, before.name).change, table, before.name);
    return;
  }
  if (before.name != now.name) {
    Change& change = add(ChangeKind::column_renamed, table, before.name).change;
    change.before = before.name;
    change.after = now.name;
  }
  if (before.type != now.type) {
    Change& change = add(ChangeKind::column_retyped, table, now.name).change;
    change.before = before.type;
    change.after = now.type;
  }
  if (!before.required && now.required) {
    add(ChangeKind::column_required, table, now.name).change.proven = flag_of(row, 7);
  }
}

void TraceState::see_constraint(const AnswerRow& row) {
  const Oid table = number_of<Oid>(row, 1);
  if (known(table) == nullptr) return;
  const bool checked = flag_of(row, 5);
  const auto [entry, is_new] = constraints_.try_emplace(number_of<Oid>(row, 2), checked);
  const bool validated = !is_new && !entry->second && checked;
  entry->second = checked;
  if (!is_new && !validated) return;
  const ChangeKind kind = is_new ? ChangeKind::constraint_added : ChangeKind::constraint_validated;
  Change& change = add(kind, table, text_of(row, 3)).change;
  change.constraint = words::constraint(text_of(row, 4).front());
  change.checked = checked;
  const Oid index = number_of<Oid>(row, 6);
  const Relation* by = known(index);
  change.proven =
      change.constraint != ConstraintKind::foreign_key && by != nullptr && !built_now(*by);
  if (const Relation* referenced = known(number_of<Oid>(row, 7))) {
    change.referenced = qualified(*referenced);
  }
}

}  // namespace pgtide::engine
