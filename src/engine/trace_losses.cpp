// What a statement is about to take away, counted while it is there.
#include "engine/trace_state.hpp"

namespace pgtide::engine {
namespace {

constexpr std::uint64_t large = std::uint64_t{256} << 20;  // bytes; counting takes seconds there

}  // namespace

std::vector<trace_sql::Counted> TraceState::countable(const AnswerRows& rows) {
  std::vector<trace_sql::Counted> tables;
  losses_.clear();
  for (const AnswerRow& row : rows) {
    const Oid id = number_of<Oid>(row, 1);
    if (text_of(row, 0) != "victim" || !existed(id)) continue;
    if (number_of(row, 5) <= large) {
      tables.push_back({id, text_of(row, 2), text_of(row, 3), text_of(row, 4)});
    } else if (const auto rows_now = number_of<std::int64_t>(row, 6); rows_now > 0) {
      losses_[{id, text_of(row, 4)}] = {static_cast<std::uint64_t>(rows_now), true};
    }
  }
  return tables;
}

void TraceState::note_counts(const AnswerRows& rows) {
  for (const AnswerRow& row : rows) {
    losses_[{number_of<Oid>(row, 1), text_of(row, 2)}] = {number_of(row, 3), false};
  }
}

void TraceState::note_lost(Change& change, Oid table, const std::string& column) {
  const auto found = losses_.find({table, column});
  if (found != losses_.end()) {
    change.lost = found->second.count;
    change.lost_is_estimate = found->second.estimate;
    change.filling = found->second.count > 0 ? Filling::filled : Filling::empty;
  } else if (change.filling == Filling::empty) {
    change.lost = 0;
  }
}

}  // namespace pgtide::engine
