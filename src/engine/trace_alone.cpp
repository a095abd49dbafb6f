// Statements that run in transactions of their own, or in none.
#include <algorithm>
#include <set>

#include "engine/trace_state.hpp"

namespace pgtide::engine {
namespace {

bool is_of_rows(char kind) {
  return kind == 'r' || kind == 'm';
}

bool is_of_index(ChangeKind kind) {
  return kind == ChangeKind::index_built || kind == ChangeKind::index_rebuilt ||
         kind == ChangeKind::index_dropped;
}

}  // namespace

void TraceState::start_transaction() {
  locks_.clear();
}

void TraceState::apply_alone(const AnswerRows& rows, Meanwhile meanwhile, StatementTrace& trace) {
  found_.clear();
  sizes_.clear();
  for (const AnswerRow& row : rows) {
    if (text_of(row, 0) != "relation") continue;
    const auto id = number_of<Oid>(row, 1);
    const Relation* relation = known(id);
    if (relation == nullptr || !is_of_rows(relation->kind)) continue;
    sizes_[id] = filling_in(row, 8);
  }
  note_sizes();
  see_what_is_gone(rows);
  AnswerRows of_migration;
  for (const AnswerRow& row : rows) {
    const std::string& what = text_of(row, 0);
    const bool is_relation = what == "relation";
    const Oid table = number_of<Oid>(row, is_relation && !text_of(row, 7).empty() ? 7 : 1);
    if (table > age_.before_step || what == "newest") {
      of_migration.push_back(row);
    } else if (is_relation) {
      see_relation(row);
    } else if (what == "column") {
      see_column(row);
    } else if (what == "constraint") {
      see_constraint(row);
    }
  }
  load(of_migration);
  for (Found& found : found_) {
    found.change.online = meanwhile == Meanwhile::others_go_on && is_of_index(found.change.kind);
  }
  drop_repetitions();
  for (const Found& found : found_) add_unmeasured_lock(found, trace);
  keep_found(trace);
}

void TraceState::see_what_is_gone(const AnswerRows& rows) {
  std::set<Oid> there;
  for (const AnswerRow& row : rows) {
    if (text_of(row, 0) == "relation") there.insert(number_of<Oid>(row, 1));
  }
  std::vector<Oid> gone;
  for (const auto& [id, relation] : relations_) {
    if (existed(id) && !there.contains(id)) gone.push_back(id);
  }
  for (const Oid id : gone) see_gone({"gone", std::to_string(id)});
  for (const Oid id : gone) relations_[id].gone = true;
}

}  // namespace pgtide::engine
