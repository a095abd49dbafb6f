// What is said to the server, and what its answers mean.
#include <fmt/format.h>

#include <utility>

#include "engine/failure.hpp"
#include "engine/failure_kind.hpp"
#include "engine/stepwise.hpp"

namespace pgtide::engine {
namespace {

constexpr std::chrono::milliseconds tick{100};

}  // namespace

Stepwise::Parts Stepwise::transaction(Parts parts) const {
  parts.insert(parts.begin(), Part{{"BEGIN"}});
  return parts;
}

// For pgtide's own rows: whatever modes the script has set for the transactions of its session.
Stepwise::Parts Stepwise::own_transaction(Parts parts) const {
  parts.insert(parts.begin(), Part{{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"}});
  return parts;
}

bool Stepwise::is_read_only() {
  const ports::Outcome answer =
      must({{{"SELECT pg_catalog.current_setting('transaction_read_only')"}}}, ports::Rows::keep);
  return answer.values.at(0).at(0) == "on";
}

// The journal row of the running statement, to the end of its transaction.
Stepwise::Parts Stepwise::journal(std::uint64_t rows) const {
  return journalled(
      login_role_for_this_transaction(),
      writer_.statement_done(*step_, scan_->checksum.text, journalled_statement(), rows));
}

JournalledStatement Stepwise::journalled_statement() const {
  return {
      .number = number_, .of = scan_->statements, .sum_before = before_.sum(), .sum = up_to_.sum()};
}

Stepwise::Parts Stepwise::journalled(std::vector<Query> queries, Query row) const {
  Parts parts;
  for (Query& query : queries) parts.push_back({std::move(query)});
  for (Query& query : apply_ledger_settings(options_.settings)) parts.push_back({std::move(query)});
  parts.push_back({std::move(row), Origin::ledger});
  // From here on the transaction may outlive this program: before the fence, so that a run that
  // begins when the fence does not hold any more finds it.
  if (options_.fence) {
    parts.push_back({lock_transaction(*options_.settings.transaction_key), Origin::fence});
    parts.push_back({*options_.fence, Origin::fence});
  }
  parts.push_back({{"COMMIT"}, Origin::commit});
  return parts;
}

// One round trip. The first failure; without one, the answer to the script's statement, or the last
// answer.
Stepwise::Answer Stepwise::exchange(const Parts& parts, ports::Rows rows) {
  for (const Part& part : parts) session_.send(part.query, rows);
  session_.sync();
  const auto sent = Clock::now();
  Answer answer;
  for (const Part& part : parts) {
    std::optional<ports::Outcome> outcome;
    while (!outcome) {
      outcome = session_.next(tick);
      if (outcome) {
        observer_.on_tick();
      } else {
        look_for_blockers(sent);
      }
    }
    const bool is_over = answer.outcome.status == ports::OutcomeStatus::failed;
    const bool has_failed = outcome->status == ports::OutcomeStatus::failed;
    if (is_over || (answer.origin == Origin::script && !has_failed)) continue;
    answer = {part.origin, std::move(*outcome)};
  }
  while (session_.outstanding() > 0) {
    session_.next(tick);
    observer_.on_tick();
  }
  return answer;
}

void Stepwise::look_for_blockers(Clock::time_point sent) {
  observer_.on_tick();
  patience_.look(*step_, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - sent),
                 options_.settings.lock_timeout);
}

ports::Outcome Stepwise::must(const Parts& parts, ports::Rows rows) {
  Answer answer = exchange(parts, rows);
  require(answer);
  return std::move(answer.outcome);
}

void Stepwise::require(const Answer& answer) {
  if (answer.outcome.status != ports::OutcomeStatus::failed) return;
  Failure failure = explain(answer.outcome.error, answer.origin);
  ledger_is_refused_ = answer.origin == Origin::ledger;
  if (failure.sqlstate == "57014" && interrupt_.signal() != 0) {
    failure.kind = FailureKind::interrupted;
    failure.signal = interrupt_.signal();
    failure.hint.clear();
  }
  fail(std::move(failure));
}

Failure Stepwise::explain(const ports::ServerMessage& error, Origin origin) const {
  switch (origin) {
    case Origin::ledger: {
      Failure failure = plain_failure(step_->path, error);
      return number_ > 0 ? ledger_failure_after(std::move(failure), options_.names)
                         : ledger_failure(std::move(failure), options_.names);
    }
    case Origin::fence:
      return lock_lost(plain_failure(step_->path, error));
    case Origin::loss:
      return explain_loss(script_failure(step_->path, running_->begin, running_->text, error));
    case Origin::script:
    case Origin::commit:
      if (running_ != nullptr) break;
      [[fallthrough]];
    case Origin::own: {
      Failure failure = plain_failure(step_->path, error);
      failure.kind = FailureKind::environment;
      return failure;
    }
  }
  if (origin == Origin::commit) {
    ports::ServerMessage at_commit = error;
    at_commit.position = 0;
    Failure failure = script_failure(step_->path, running_->begin, running_->text, at_commit);
    failure.message = "at the end of the transaction: " + failure.message;
    return failure;
  }
  return copy_begin_
             ? copy_failure(step_->path,
                            {running_->begin, running_->text, *copy_begin_, options_.source_line},
                            error)
             : script_failure(step_->path, running_->begin, running_->text, error);
}

void Stepwise::stop_if_interrupted() {
  if (interrupt_.signal() == 0) return;
  Failure failure;
  failure.kind = FailureKind::interrupted;
  failure.signal = interrupt_.signal();
  failure.where.file = step_->path;
  const bool is_between = committed_batches().has_value();
  failure.message =
      fmt::format("stopped {} statement {} of {}", is_between ? "between the batches of" : "before",
                  number_, scan_->statements);
  fail(std::move(failure));
}

void Stepwise::fail_as_changed() {
  Failure failure;
  failure.where.file = step_->path;
  failure.message = number_ == 0
                        ? "the script changed after it was judged; nothing more of it was run"
                        : "the script changed while it was running";
  failure.hint = "run again to see what to do";
  fail(std::move(failure));
}

std::string Stepwise::way_on() const {
  return fmt::format("what is done stays; {} goes on at this {}",
                     step_->direction == Direction::up ? "`pgtide up`" : "the same `pgtide down`",
                     in_block_ ? "statement's BEGIN" : "statement");
}

// Of the statement that runs; those of an earlier run are not known.
std::optional<BatchProgress> Stepwise::committed_batches() const {
  if (batches_.of != number_ || batches_.progress.batches == 0) return std::nullopt;
  return batches_.progress;
}

void Stepwise::fail(Failure failure) {
  if ((failure.batches = committed_batches())) {
    failure.message += fmt::format("; {} are committed{}", batches_text(*failure.batches),
                                   step_->resume ? " by this run" : "");
  }
  if (failure.kind != FailureKind::interrupted && failure.hint.empty()) failure.hint = way_on();
  failure_ = std::move(failure);
  throw Stop{};
}

void Stepwise::record_failure() {
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  exchange({{{"ROLLBACK"}}});
  const std::int64_t duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count();
  std::optional<FailedAt> at;
  if (number_ > 0) {
    at = {number_, scan_->statements, progress_ && progress_->refused, failure_->batches};
  }
  const Query row =
      writer_.failed(*step_, scan_->checksum.text, recorded_error(*failure_), duration, at);
  Parts parts = own_transaction(journalled(options_.reset_settings, row));
  // No standby is waited for when nothing can stop it any more.
  parts.insert(parts.end() - 1, Part{{"SET LOCAL synchronous_commit = local"}});
  const Answer answer = exchange(parts);
  failure_->recorded = answer.outcome.status != ports::OutcomeStatus::failed;
  if (!failure_->recorded) failure_->record_error = why_not_recorded(answer.outcome.error);
  // What the ledger took before the script, or takes without it, it does not take because of it.
  const bool is_due_to_script =
      ledger_is_refused_ && number_ > 0 && (failure_->recorded || has_written_);
  if (is_due_to_script && !failure_->sqlstate.empty() &&
      kind_of(failure_->sqlstate) == FailureKind::migration) {
    blame_script_for_ledger(*failure_, options_.names);
  }
  clean_session();
}

void Stepwise::clean_session() {
  exchange({{{"ROLLBACK"}}});
  Parts reset;
  for (const Query& query : options_.reset_settings) reset.push_back({query});
  for (Query& query : reset_session_objects(TemporaryObjects::drop))
    reset.push_back({std::move(query)});
  reset.push_back({drop_prepared_statements()});
  exchange(reset);
}

}  // namespace pgtide::engine
