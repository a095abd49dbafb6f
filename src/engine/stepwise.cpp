// What runs, and in which order.
#include "engine/stepwise.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/failure.hpp"
#include "engine/tally.hpp"
#include "pgtide/sql/position.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;

std::int64_t ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

bool begins_block(sql::StatementKind kind) {
  return kind == sql::StatementKind::begin || kind == sql::StatementKind::begin_with_modes;
}

constexpr const char* read_only_transaction = "25006";

// A procedure or a DO block that commits, or a statement too new to be known by its words.
bool refused_in_transaction(const ports::Outcome& outcome) {
  return outcome.error.sqlstate == "2D000" || outcome.error.sqlstate == "25001";
}

}  // namespace

std::optional<Failure> Stepwise::run(const Step& step, const sql::ScriptScan& scan,
                                     const std::optional<StoredScript>& rollback,
                                     StepReport& report) {
  step_ = step;
  scan_ = &scan;
  report_ = &report;
  progress_ = step.resume;
  refusal_is_journalled_ = step.resume && step.resume->refused;
  batches_ = {};
  attempts_ = {};
  has_settings_ = session_is_kept_ = has_written_ = false;
  journals_apart_ = false;
  started_ = Clock::now();
  struct Handler {
    ports::Session& session;
    ~Handler() { session.on_notice({}); }
  } handler{session_};
  session_.on_notice([this](const ports::ServerMessage& message) {
    if (running_ == nullptr) return;
    observer_.on_server_notice(
        script_notice(step_->path, running_->begin, running_->text, message));
  });
  do {
    run_script(rollback);
  } while (failure_ && will_try_again());
  if (failure_) record_failure();
  report.duration_ms = ms_since(started_);
  return failure_;
}

void Stepwise::run_script(const std::optional<StoredScript>& rollback) {
  failure_.reset();
  ledger_is_refused_ = false;
  step_->resume = progress_;
  number_ = 0;
  up_to_ = {};
  in_block_ = false;
  batch_.reset();
  copy_begin_.reset();
  try {
    const auto source = open_script();
    begin();
    sql::ScriptReader reader(*source);
    probe_start();
    run_items(reader);
    probe_end();
    finish(rollback, reader);
  } catch (const Stop&) {
    running_ = nullptr;
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error& error) {  // the script cannot be read
    running_ = nullptr;
    failure_ = plain_failure(step_->path, {.message = error.what()});
    failure_->kind = FailureKind::environment;
    failure_->hint = way_on();
  }
}

// What it commits stays; so all of it must be what was judged, before any of it runs, and the same
// at every attempt.
std::unique_ptr<ByteSource> Stepwise::open_script() {
  auto source = script_.open(scan_->checksum);
  if (!source) fail_as_changed();
  return source;
}

// What the journal has as done stays done; the script goes on behind it, in its own session: what
// it made there, such as temporary tables, is needed by what follows.
bool Stepwise::will_try_again() {
  const auto reason = lock_failure(failure_->sqlstate);
  if (!reason) return false;
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  exchange({{{"ROLLBACK"}}});
  session_is_kept_ = has_settings_;
  if (!patience_.try_again(*step_, *reason, attempts_)) {
    patience_.explain(*failure_, attempts_);
    if (interrupt_.signal() != 0) {
      failure_->kind = FailureKind::interrupted;
      failure_->signal = interrupt_.signal();
    }
    return false;
  }
  session_.set_on_interrupt(ports::Session::OnInterrupt::cancel_statement);
  return true;
}

void Stepwise::begin() {
  if (!step_->resume) {
    must(own_transaction(
        journalled({}, writer_.begun(*step_, scan_->checksum.text, scan_->statements))));
    has_written_ = true;
    progress_ = Progress{.direction = step_->direction, .of = scan_->statements};
  }
  if (session_is_kept_) return;
  must({{apply_session_settings(options_.settings)}});
  if (refuses_losses()) must({{begin_loss_watch(LossWatch::session)}});
  has_settings_ = true;
}

void Stepwise::run_items(sql::ScriptReader& reader) {
  while (auto item = reader.next()) {
    if (const auto* directive = std::get_if<sql::Directive>(&*item)) {
      if (const auto* batch = std::get_if<sql::Batch>(&directive->value)) batch_ = *batch;
    }
    auto* statement = std::get_if<sql::Statement>(&*item);
    if (statement == nullptr) continue;  // judged before the run
    ++number_;
    before_ = up_to_;
    up_to_.add(statement->text);
    if (step_->resume && number_ <= step_->resume->done) {
      pass_over(*statement);
    } else {
      stop_if_interrupted();
      run_item(std::move(*statement), reader);
    }
  }
}

// Done in an earlier session, whose settings must hold for the rest of the script again. What else
// it made there is gone, and may be missed.
void Stepwise::pass_over(const sql::Statement& statement) {
  batch_.reset();
  if (session_is_kept_) return;
  if (const std::string what = sql::made_for_session(statement.text); !what.empty()) {
    observer_.on_remark(
        {.where = {step_->path, statement.begin.line, statement.begin.column},
         .message = fmt::format("{} of an earlier run is gone with its session; the script goes on "
                                "without it",
                                what),
         .hint = {},
         .source_line = sql::line_at(statement.text, statement.begin, statement.begin)});
  }
  if (!sql::only_sets_session(statement.text)) return;
  must({{{statement.text}}});
  if (!sql::resets_session(statement.text)) return;
  must({{apply_session_settings(options_.settings)}});
  if (refuses_losses()) must({{begin_loss_watch(LossWatch::session)}});
}

void Stepwise::run_item(sql::Statement statement, sql::ScriptReader& reader) {
  running_ = &statement;
  const std::optional<sql::Batch> batch = std::exchange(batch_, std::nullopt);
  if (begins_block(statement.kind)) {
    begin_block(statement);
  } else if (statement.kind == sql::StatementKind::commit) {
    end_block();
  } else if (batch) {
    run_batches(statement, *batch);
  } else if (statement.kind == sql::StatementKind::copy_from_stdin) {
    run_copy(statement, reader);
  } else if (statement.kind == sql::StatementKind::non_transactional ||
             run_in_transaction(statement) == InTransaction::refused) {
    run_alone(statement);
  }
  running_ = nullptr;
  if (in_block_) return;
  attempts_ = {};
  progress_->done = number_;
  progress_->started = false;
  progress_->refused = false;
}

void Stepwise::begin_block(const sql::Statement& statement) {
  if (probing()) options_.probe->transaction_begins();
  must({{{statement.text}, Origin::script}});
  in_block_ = true;
}

// A transaction that changes nothing takes no row either.
void Stepwise::end_block() {
  if (is_read_only()) {
    must({{{"COMMIT"}, Origin::commit}});
    must(own_transaction(journal(0)));
  } else {
    must(journal(0));
  }
  in_block_ = false;
}

Stepwise::InTransaction Stepwise::run_in_transaction(const sql::Statement& statement) {
  Parts parts = {{{statement.text}, Origin::script}};
  const bool watched_anew = refuses_losses() && ends_loss_watch(*scan_, statement);
  if (refuses_losses() && !watched_anew) parts.push_back({refuse_losses(), Origin::loss});
  if (probing()) {
    // A question would take the snapshot that must come after it.
    if (!in_block_ || !sql::sets_transaction(statement)) begin_probed(statement);
  } else if (!in_block_) {
    parts = transaction(std::move(parts));
    const Parts done = journals_apart_ ? Parts{{{"COMMIT"}, Origin::commit}} : journal(0);
    parts.insert(parts.end(), done.begin(), done.end());
  }
  const Answer answer = exchange(parts);
  if (answer.origin == Origin::ledger && answer.outcome.error.sqlstate == read_only_transaction &&
      !std::exchange(journals_apart_, true)) {
    must({{{"ROLLBACK"}}});  // nothing of it can have changed the database
    return run_in_transaction(statement);
  }
  if (answer.origin == Origin::script && !in_block_ && refused_in_transaction(answer.outcome)) {
    must({{{"ROLLBACK"}}});
    return InTransaction::refused;
  }
  require(answer);
  count_statement(*report_, answer.outcome);
  if (watched_anew) must({{begin_loss_watch(LossWatch::session)}});
  probe_after(statement);
  if (!in_block_ && probing()) must(journal(0));
  if (!in_block_ && !probing() && journals_apart_) must(own_transaction(journal(0)));
  return InTransaction::ran;
}

void Stepwise::run_copy(const sql::Statement& statement, sql::ScriptReader& reader) {
  if (probing()) {
    begin_probed(statement);
  } else if (!in_block_) {
    must({{{"BEGIN"}}});
  }
  copy_begin_ = reader.copy_position();
  const auto sent = Clock::now();
  const Answer answer{Origin::script,
                      session_.copy_in(
                          statement.text, [&reader] { return reader.next_copy_data(); },
                          [&] { look_for_blockers(sent); })};
  require(answer);
  copy_begin_.reset();
  count_statement(*report_, answer.outcome);
  probe_after(statement);
  if (!in_block_) must(journal(0));
}

void Stepwise::finish(const std::optional<StoredScript>& rollback, sql::ScriptReader& reader) {
  if (!(reader.checksum() == scan_->checksum)) fail_as_changed();
  std::vector<Query> reset = options_.reset_settings;
  for (const Query& query : reset_session_objects(TemporaryObjects::drop)) reset.push_back(query);
  reset.push_back(drop_prepared_statements());
  const std::int64_t duration = ms_since(started_);
  must(own_transaction(
      journalled(reset, step_->direction == Direction::up
                            ? writer_.applied(*step_, scan_->checksum.text, rollback, duration)
                            : writer_.rolled_back(*step_, scan_->checksum.text, duration))));
}

Problem Stepwise::remark(std::string message) const {
  return {.where = {step_->path, running_->begin.line, running_->begin.column},
          .message = std::move(message),
          .hint = {},
          .source_line = {}};
}

}  // namespace pgtide::engine
