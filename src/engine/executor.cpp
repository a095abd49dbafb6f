// The sending side: what goes into the pipeline, and in which order.
#include "engine/executor.hpp"

#include <memory>
#include <utility>

#include "engine/failure.hpp"
#include "engine/stepwise.hpp"

namespace pgtide::engine {
namespace {

struct OpenScript {
  explicit OpenScript(std::unique_ptr<ByteSource> from) : source(std::move(from)) {}

  std::unique_ptr<ByteSource> source;
  sql::ScriptReader reader{*source};  // reads at once
};

}  // namespace

Executor::Executor(ports::Session& session, ports::Scripts& scripts, ports::Observer& observer,
                   const ports::Interrupt& interrupt, ExecutorOptions options)
    : session_(session),
      scripts_(scripts),
      interrupt_(interrupt),
      options_(std::move(options)),
      group_(observer, options_.lock, options_.names, interrupt),
      observer_(group_.news()),
      writer_(options_.names, options_.shape, options_.run, options_.ledger_before),
      patience_(options_.lock_retries, options_.lock, observer_, interrupt),
      own_name_("pgtide_" + options_.run.run_id),
      savepoint_(quote_identifier(own_name_)),
      probe_savepoint_(quote_identifier(own_name_ + "_probe")) {
  watch_notices();
}

void Executor::watch_notices() {
  session_.on_notice([this](const ports::ServerMessage& message) { on_notice(message); });
}

bool Executor::stopped() const {
  return broken_.has_value() || stepwise_failure_.has_value() || interrupt_.signal() != 0;
}

bool Executor::refuses_losses(std::size_t index) const {
  return options_.losses == Losses::refused && !dry() && plan_->direction == Direction::up &&
         !all_losses_are_meant((*scans_)[index]);
}

SessionSettings Executor::settings_of(std::size_t index) const {
  SessionSettings settings = options_.settings;
  const sql::ScriptScan& scan = (*scans_)[index];
  if (scan.lock_timeout) settings.lock_timeout = scan.lock_timeout->value;
  if (scan.statement_timeout) settings.statement_timeout = scan.statement_timeout->value;
  return settings;
}

const std::string& Executor::checksum_of_step(std::size_t index) const {
  return (*scans_)[index].checksum.text;
}

const Report& Executor::run(const Plan& plan, const std::vector<sql::ScriptScan>& scans) {
  const auto started = Clock::now();
  plan_ = &plan;
  scans_ = &scans;
  report_ = {.run_id = options_.run.run_id,
             .direction = plan.direction,
             .finish = options_.finish,
             .current = plan.current};
  for (const Step& step : plan.steps) report_.steps.push_back({.step = step});

  session_.set_on_interrupt(ports::Session::OnInterrupt::cancel_statement);
  send_run_start();
  for (std::size_t first = 0;;) {
    for (std::size_t i = first; i < plan.steps.size() && !stopped(); ++i) {
      if (whole_run()) let_others_ask(options_.before_step, i);
      if (stopped()) break;
      send_step(i);
      let_others_ask(options_.after_step, i);
      receive_available();
    }
    if (!stopped()) send_run_end();
    sync();
    if (!will_try_again()) break;
    first = next_to_try_;
    if (whole_run()) send_run_start();
  }
  conclude();
  flush_commits();  // after the rollback of what was begun: its COMMIT would commit that
  if (!report_.failure || options_.finish == Finish::commit_each) {
    report_.current = plan.current_after(report_.count(StepOutcome::done));
  }
  report_.duration_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count();
  return report_;
}

void Executor::send_run_start() {
  const std::size_t none = report_.steps.size();
  log_is_there_ = options_.shape.log_exists;
  if (whole_run()) {
    send(Purpose::open, none, {sql::begin_statement(modes_of_run())});
    take_lock();
  }
  if (whole_run() || options_.pooling == Pooling::session) look_at_session();
  if (dry()) {
    send(Purpose::arm_guard, none, own_settings());
    send_all(Purpose::arm_guard, none, arm_commit_guard());
  }
  const std::vector<Query> create = writer_.create();
  if (create.empty()) return;
  if (!whole_run()) {
    send(Purpose::bootstrap, none, {"BEGIN"});
    take_lock();
  }
  take_transaction_lock(Purpose::fence);
  send_all(Purpose::bootstrap, none, apply_ledger_settings(options_.settings));
  send_all(Purpose::bootstrap, none, create);
  log_is_there_ = true;
  if (options_.fence && !whole_run() && !locks_each_transaction()) {
    send(Purpose::fence, none, *options_.fence);
  }
  if (!whole_run()) send(Purpose::bootstrap, none, {"COMMIT"});
  session_.flush();  // so that the first migration is seen to begin when it does
}

void Executor::send_run_end() {
  const std::size_t none = report_.steps.size();
  if (dry()) {
    send(Purpose::close, none, {"ROLLBACK"});
  } else if (whole_run()) {
    if (options_.fence && !locks_each_transaction()) {
      send_prepared(Purpose::fence, none, *options_.fence);
    }
    send(Purpose::commit, none, {"COMMIT"});
  }
  if (!prepared_.empty()) forget_prepared(Purpose::close, none);
}

void Executor::send_step(std::size_t index) {
  if (!(*scans_)[index].transactional) {
    return dry() ? leave_out(index) : run_stepwise(index);
  }
  send_step_start(index);
  if (whole_run()) {
    wait_until_answered();
    if (stopped()) return;
    step_started_ = Clock::now();
  }
  send_script(index);
  if (!stopped()) send_step_end(index);
}

void Executor::let_others_ask(const std::function<void(std::size_t)>& others, std::size_t index) {
  if (!others || stopped()) return;
  wait_until_answered();
  if (!stopped()) others(index);
}

// Leaves the pipeline and comes back to it.
void Executor::run_stepwise(std::size_t index) {
  sync();
  if (stopped()) return;
  flush_commits();  // it may take long: nothing is held back meanwhile
  if (stopped()) return;
  StepReport& report = report_.steps[index];
  observer_.on_step_started(report.step, index, report_.steps.size());
  const auto rollback = reading(index, [&] { return read_rollback(report.step); });
  if (!rollback) return;
  Stepwise stepwise(
      session_, observer_, interrupt_, writer_, patience_,
      {.settings = settings_of(index),
       .wait_for_builders = options_.lock_wait,
       .fence = options_.fence,
       .names = options_.names,
       .reset_settings =
           is_shared() ? before_.restore_settings() : reset_settings(options_.settings),
       .open = [&] { return scripts_.open(report.step); },
       .source_line = [&](std::size_t number) { return source_line(report.step, number); },
       .probe = options_.probe,
       .losses = refuses_losses(index) ? Losses::refused : Losses::allowed});
  if (backend_) backend_->transaction_began.clear();
  prepared_.clear();  // such a script ends with a reset of the session
  stepwise_failure_ = stepwise.run(report.step, (*scans_)[index], *rollback, report);
  watch_notices();
  if (stepwise_failure_) {
    stepwise_failure_->step = index;
    report.outcome = StepOutcome::failed;
    observer_.on_step_finished(report, index, report_.steps.size());
  } else {
    group_.flushed();  // such a script's own commits wait for the disk
    ran_ = index + 1;
    finish_step(index);
  }
}

void Executor::send_step_start(std::size_t index) {
  // Before it too: a function that an earlier script called may have made some.
  if ((*scans_)[index].touches_prepared_statements && !is_shared()) {
    forget_prepared(Purpose::open, index);
  }
  if (!whole_run()) {
    send_prepared(Purpose::open, locks_each_transaction() ? report_.steps.size() : index,
                  {sql::begin_statement((*scans_)[index].modes)});
    take_lock();
    look_at_session();
  } else {
    // What was asked since the script before left own_settings() in the transaction.
    send_all(Purpose::open, index, settings_as_found());
  }
  send_prepared(Purpose::open, index, apply_settings(settings_of(index)));
  if (refuses_losses(index)) {
    send_prepared(Purpose::loss, index, begin_loss_watch(LossWatch::transaction));
  }
  send_prepared(Purpose::open, index, {"SAVEPOINT " + savepoint_});
}

// Ends the run in order, as a failed statement does; one that failed before comes first.
void Executor::break_off(Sent where, std::string why) {
  wait_until_answered();
  if (!broken_) broken_ = Broken{.sent = std::move(where), .error = {.message = std::move(why)}};
}

// A file may become unreadable while the pipeline is busy.
template <typename Read>
auto Executor::reading(std::size_t index, Read read) -> std::optional<decltype(read())> {
  std::string why;
  try {
    return read();
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error& error) {
    why = error.what();
  }
  break_off({.purpose = Purpose::file, .step = index}, std::move(why));
  return std::nullopt;
}

void Executor::send_script(std::size_t index) {
  const auto script = reading(
      index, [&] { return std::make_unique<OpenScript>(scripts_.open(plan_->steps[index])); });
  if (!script) return;
  sql::ScriptReader& reader = (*script)->reader;
  if (options_.probe) ask_probe(index, options_.probe->before_script(plan_->steps[index]));
  sql::LeadingModes modes;
  while (!stopped()) {
    auto read = reading(index, [&] { return reader.next(); });
    if (!read) return;
    auto& item = *read;
    if (!item) {
      if (reader.checksum() == (*scans_)[index].checksum) return;
      return break_off({.purpose = Purpose::statement, .step = index},
                       "the script changed while it was running; nothing of it stays");
    }
    auto* statement = std::get_if<sql::Statement>(&*item);
    if (statement == nullptr) continue;  // directives and meta-commands were judged before the run
    if (const auto said = modes.take(*statement)) {  // with BEGIN
      // That of the savepoint only: the ledger is written after it.
      if (said->read_only == true) {
        statement->text = "SET TRANSACTION READ ONLY";
        send_statement(index, std::move(*statement));
      }
      continue;
    }
    switch (statement->kind) {
      case sql::StatementKind::begin:
      case sql::StatementKind::commit:
        break;  // absorbed: the migration and its ledger row commit together
      case sql::StatementKind::copy_from_stdin:
        send_copy(index, std::move(*statement), reader);
        break;
      case sql::StatementKind::set_constraints:
        if (dry()) send_all(Purpose::guard, index, disarm_commit_guard());
        if (!constraints_set_by_) constraints_set_by_ = index;
        send_statement(index, std::move(*statement));
        if (dry()) send_all(Purpose::guard, index, rearm_commit_guard());
        break;
      default:
        send_statement(index, std::move(*statement));
    }
  }
}

void Executor::send_statement(std::size_t index, sql::Statement statement) {
  if (options_.probe) ask_probe(index, options_.probe->before(statement));
  look_at_sequences(index, statement);
  if (stopped()) return;
  const bool watched_anew = refuses_losses(index) && ends_loss_watch((*scans_)[index], statement);
  if (watched_anew) send(Purpose::loss, index, refuse_losses());
  send(Purpose::statement, index, {statement.text});
  Sent& sent = in_flight_.back();
  sent.begin = statement.begin;
  const auto questions = options_.probe ? options_.probe->after(statement) : std::vector<Query>();
  sent.text = std::move(statement.text);
  if (watched_anew) send(Purpose::loss, index, begin_loss_watch(LossWatch::transaction));
  send_probe(index, questions);
}

void Executor::ask_probe(std::size_t index, std::vector<Query> queries) {
  for (; !queries.empty() && !stopped(); queries = options_.probe->follow_up()) {
    send_probe(index, queries);
    wait_until_answered();
  }
}

// The script's own settings hold again behind it.

void Executor::send_probe(std::size_t index, const std::vector<Query>& queries) {
  if (queries.empty()) return;
  send_all(Purpose::guard, index, begin_own(probe_savepoint_));
  for (const Query& query : queries) send(Purpose::probe, index, query, ports::Rows::keep);
  send_all(Purpose::guard, index, end_own(probe_savepoint_));
}

void Executor::send_copy(std::size_t index, sql::Statement statement, sql::ScriptReader& reader) {
  if (options_.probe) ask_probe(index, options_.probe->before(statement));
  sync();  // COPY does not work inside a pipeline
  if (stopped()) return;
  Sent sent{.purpose = Purpose::statement,
            .step = index,
            .begin = statement.begin,
            .text = statement.text};
  in_flight_.push_back(sent);
  oldest_since_ = Clock::now();
  const sql::Position data_begin = reader.copy_position();
  const auto outcome = reading(index, [&] {
    try {
      return session_.copy_in(
          statement.text, [&reader] { return reader.next_copy_data(); }, [this] { tick_over(); });
    } catch (const Error&) {
      in_flight_.clear();  // it has been answered
      throw;
    }
  });
  if (!outcome) return;
  receive(*outcome);
  if (broken_) broken_->copy_begin = data_begin;
  if (options_.probe) send_probe(index, options_.probe->after(statement));
}

void Executor::send_step_end(std::size_t index) {
  const Step& step = plan_->steps[index];
  if (options_.probe) send_probe(index, options_.probe->after_script());
  send_prepared(Purpose::close, index, {"RELEASE SAVEPOINT " + savepoint_});
  std::optional<std::int64_t> duration;
  if (whole_run()) {
    wait_until_answered();
    if (stopped()) return;
    duration =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - step_started_).count();
  }
  if (dry()) {
    check_as_commit_would(index);
    if (stopped()) return;
  } else {
    // What COMMIT would find is found while the script's role and settings still hold, and before
    // its temporary tables go.
    send_prepared(Purpose::check, index, {"SET CONSTRAINTS ALL IMMEDIATE"});
  }
  // Before the reset, which takes the watch's notes away.
  if (refuses_losses(index)) send_prepared(Purpose::loss, index, refuse_losses());
  leave_as_found(index);
  if (stopped()) return;
  send_all_prepared(Purpose::close, index,
                    reset_session_objects(dry() ? TemporaryObjects::keep : TemporaryObjects::drop));
  if (dry()) {
    run_listed(index, list_temporary_objects());
    if (stopped()) return;
  }
  const auto rollback = reading(index, [&] { return read_rollback(step); });
  if (!rollback) return;
  if ((*scans_)[index].touches_prepared_statements && !is_shared()) {
    forget_prepared(Purpose::close, index);
  }
  const Flush flush = flush_of(index);
  send_all_prepared(Purpose::ledger, index, apply_ledger_settings(options_.settings, flush));
  const Query row = step.direction == Direction::up
                        ? writer_.applied(step, checksum_of_step(index), *rollback, duration)
                        : writer_.rolled_back(step, checksum_of_step(index), duration);
  send_prepared(Purpose::ledger, index, row, ports::Rows::keep);
  if (!whole_run()) {
    if (options_.fence && !locks_each_transaction()) {
      send_prepared(Purpose::fence, index, *options_.fence);
    }
    send_prepared(Purpose::commit, index, {"COMMIT"});
  }
  in_flight_.back().ends_step = true;
  in_flight_.back().flush = flush;
  session_.flush();
}

// Empty when the script cannot be read again.
std::string Executor::source_line(const Step& step, std::size_t number) const {
  try {
    return read_line(*scripts_.open(step), number);
  } catch (const Error&) {
    return {};
  }
}

std::optional<StoredScript> Executor::read_rollback(const Step& step) {
  if (step.rollback_path.empty()) return std::nullopt;
  StoredScript script;
  script.text = read_all(*scripts_.open_file(step.rollback_path));
  script.checksum = checksum_of(script.text).text;
  return script;
}

}  // namespace pgtide::engine
