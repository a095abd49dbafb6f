#include "engine/tracer.hpp"

#include <algorithm>
#include <string_view>

#include "pgtide/sql/effect.hpp"
#include "pgtide/sql/losses.hpp"
#include "pgtide/sql/position.hpp"

namespace pgtide::engine {
namespace {

using trace_sql::Depth;

bool starts_with_any(std::string_view words, const std::vector<std::string_view>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view one) { return words.starts_with(one); });
}

// They take no lock that is in anybody's way, and change no table.
bool is_harmless(std::string_view words) {
  static const std::vector<std::string_view> list = {"SET",
                                                     "RESET",
                                                     "SHOW",
                                                     "COMMENT",
                                                     "GRANT",
                                                     "REVOKE",
                                                     "SAVEPOINT",
                                                     "RELEASE",
                                                     "NOTIFY",
                                                     "LISTEN",
                                                     "UNLISTEN",
                                                     "DEALLOCATE",
                                                     "PREPARE",
                                                     "DECLARE",
                                                     "CREATE FUNCTION",
                                                     "CREATE PROCEDURE",
                                                     "CREATE TYPE",
                                                     "CREATE DOMAIN",
                                                     "CREATE ROLE",
                                                     "CREATE USER",
                                                     "INSERT",
                                                     "COPY"};
  return starts_with_any(words, list);
}

bool only_changes_rows(std::string_view words) {
  static const std::vector<std::string_view> list = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"};
  return starts_with_any(words, list);
}

bool contains_word(std::string_view text, std::string_view lower_word) {
  const auto found = std::search(
      text.begin(), text.end(), lower_word.begin(), lower_word.end(),
      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
  return found != text.end();
}

Query lift_timeout() {
  return {
      "SELECT pg_catalog.set_config('pgtide.statement_timeout', "
      "pg_catalog.current_setting('statement_timeout'), true), "
      "pg_catalog.set_config('statement_timeout', '0', true)"};
}

Query restore_timeout() {
  return {
      "SELECT pg_catalog.set_config('statement_timeout', "
      "pg_catalog.current_setting('pgtide.statement_timeout'), true)"};
}

}  // namespace

void Tracer::ask(std::vector<Query>& queries, Asked asked, Query query) {
  queries.push_back(std::move(query));
  asked_.push_back(asked);
}

std::vector<Query> Tracer::before_script(const Step& step) {
  scripts_.push_back({.version = step.version, .statements = {}});
  path_ = step.path;
  has_timeout_ = false;
  next_ = Next::start_step;
  std::vector<Query> queries;
  if (!state_.loaded()) {
    ask(queries, Asked::objects, trace_sql::everything());
    ask(queries, Asked::counters, trace_sql::counters());
  } else {
    // What others asked since, in the same transaction, is held by no statement.
    ask(queries, Asked::rest, trace_sql::changes(state_.age(), since_, Depth::locks));
  }
  ask(queries, Asked::begin, trace_sql::mark());
  return queries;
}

// A script in transactions of its own has no savepoint.
void Tracer::transaction_begins() {
  since_ = trace_sql::Since::transaction;
  state_.start_transaction();
  ++transaction_;
}

std::vector<Query> Tracer::before(const sql::Statement& statement) {
  const std::vector<sql::Victim> victims = sql::losses_of(statement.text);
  std::vector<Query> queries;
  if (since_ == trace_sql::Since::transaction) {
    ask(queries, Asked::counters, trace_sql::counters());
    ask(queries, Asked::begin, trace_sql::mark());  // the script's journal was written meanwhile
  }
  if (victims.empty()) return queries;
  next_ = Next::count;
  ask(queries, Asked::victims, trace_sql::find(victims));
  return queries;
}

std::vector<Query> Tracer::follow_up() {
  std::vector<Query> queries;
  if (next_ == Next::start_step) state_.start_step();
  if (next_ == Next::count) {
    if (!countable_.empty()) ask(queries, Asked::counts, trace_sql::count(countable_));
    ask(queries, Asked::begin, trace_sql::mark());
  }
  next_ = Next::nothing;
  return queries;
}

StatementTrace Tracer::begun(const sql::Statement& statement) const {
  return {.where = {path_, statement.begin.line, statement.begin.column},
          .source_line = sql::line_at(statement.text, statement.begin, statement.begin),
          .command = sql::command_words(statement.text),
          .transaction = transaction_};
}

std::vector<Query> Tracer::after(const sql::Statement& statement) {
  StatementTrace trace = begun(statement);
  has_timeout_ = has_timeout_ || contains_word(statement.text, "statement_timeout");
  const bool harmless = is_harmless(trace.command);
  if (harmless && options_.detail == TraceDetail::risks) return {};
  const Depth depth = only_changes_rows(trace.command) ? Depth::locks_and_rows
                      : harmless                       ? Depth::locks
                                                       : Depth::everything;
  open_.push_back(std::move(trace));
  std::vector<Query> queries;
  if (has_timeout_) ask(queries, Asked::nothing, lift_timeout());
  ask(queries, Asked::end, trace_sql::mark());
  ask(queries, Asked::changes, trace_sql::changes(state_.age(), since_, depth));
  if (has_timeout_) ask(queries, Asked::nothing, restore_timeout());
  ask(queries, Asked::begin, trace_sql::mark());
  return queries;
}

// Its locks are gone with it, so everything is looked at.
std::vector<Query> Tracer::after_alone(const sql::Statement& statement) {
  transaction_begins();
  open_.push_back(begun(statement));
  meanwhile_ = sql::waits_for_transactions(statement.text) ? Meanwhile::others_go_on
                                                           : Meanwhile::others_wait;
  std::vector<Query> queries;
  ask(queries, Asked::end, trace_sql::mark());
  ask(queries, Asked::alone, trace_sql::everything_in_size());
  ask(queries, Asked::begin, trace_sql::mark());
  return queries;
}

// What statements changed that were not looked at belongs to none of them, but must be known.
std::vector<Query> Tracer::after_script() {
  std::vector<Query> queries;
  if (has_timeout_) ask(queries, Asked::nothing, lift_timeout());
  ask(queries, Asked::rest, trace_sql::changes(state_.age(), since_, Depth::everything));
  ask(queries, Asked::objects, trace_sql::created(state_.age()));
  return queries;
}

// A table that was renamed away may have been replaced by another one, or by a view, since.
void Tracer::note_names_in_use() {
  if (scripts_.empty()) return;
  for (StatementTrace& statement : scripts_.back().statements) {
    for (Change& change : statement.changes) {
      if (change.kind == ChangeKind::table_renamed) change.proven = state_.is_name(change.before);
    }
  }
}

void Tracer::note_mark(const AnswerRow& row, Asked asked) {
  const auto now_us = number_of<std::int64_t>(row, 1);
  const auto now_wal = number_of<std::uint64_t>(row, 2);
  if (asked == Asked::end) {
    open_.front().duration_us = now_us - begin_us_;
    open_.front().wal_bytes = now_wal - begin_wal_;
  }
  begin_us_ = now_us;
  begin_wal_ = now_wal;
}

// A statement that runs in batches is one all the same.
void Tracer::keep(StatementTrace trace) {
  std::vector<StatementTrace>& all = scripts_.back().statements;
  const bool again = !all.empty() && all.back().where.line == trace.where.line &&
                     all.back().where.column == trace.where.column;
  if (!again) return all.push_back(std::move(trace));
  add_to(all.back(), std::move(trace));
}

void Tracer::on_rows(const AnswerRows& rows) {
  const Asked asked = asked_.front();
  asked_.pop_front();
  switch (asked) {
    case Asked::begin:
    case Asked::end:
      note_mark(rows.at(0), asked);
      break;
    case Asked::changes:
      state_.apply(rows, open_.front());
      keep(std::move(open_.front()));
      open_.pop_front();
      break;
    case Asked::alone:
      state_.apply_alone(rows, meanwhile_, open_.front());
      keep(std::move(open_.front()));
      open_.pop_front();
      break;
    case Asked::rest: {
      StatementTrace unattributed;
      state_.apply(rows, unattributed);
      break;
    }
    case Asked::objects:
      state_.load(rows);
      note_names_in_use();
      break;
    case Asked::counters:
      state_.note_counters(rows);
      break;
    case Asked::victims:
      countable_ = state_.countable(rows);
      break;
    case Asked::counts:
      state_.note_counts(rows);
      break;
    case Asked::nothing:
      break;
  }
}

}  // namespace pgtide::engine
