#include "engine/stepwise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/failure.hpp"
#include "engine/tally.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick{100};

std::int64_t ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

void append(std::vector<Query>& all, const std::vector<Query>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

// Session settings of statements that are done already must hold for the rest of the script again.
bool must_be_repeated(const std::string& text) {
  return sql::command_words(text) == "SET";
}

}  // namespace

std::optional<Failure> Stepwise::run(const Step& step, const sql::ScriptScan& scan,
                                     const std::optional<StoredScript>& rollback,
                                     ByteSource& source, StepReport& report) {
  step_ = &step;
  scan_ = &scan;
  report_ = &report;
  started_ = Clock::now();
  session_.on_notice([this](const ports::ServerMessage& message) {
    if (running_ == nullptr) return;
    observer_.on_server_notice(
        script_notice(step_->path, running_->begin, running_->text, message));
  });
  try {
    begin();
    sql::ScriptReader reader(source);
    run_items(reader);
    finish(rollback, reader);
  } catch (const Stop&) {
    record_failure();
  }
  running_ = nullptr;
  report.duration_ms = ms_since(started_);
  return failure_;
}

void Stepwise::begin() {
  std::vector<Query> queries;
  if (!step_->resume) {
    queries = {{"BEGIN"},
               apply_ledger_settings(options_.settings),
               writer_.begun(*step_, scan_->checksum.text, scan_->statements)};
    if (options_.fence) queries.push_back(*options_.fence);
    queries.push_back({"COMMIT"});
  }
  queries.push_back(apply_session_settings(options_.settings));
  require(execute(queries));
}

void Stepwise::run_items(sql::ScriptReader& reader) {
  while (auto item = reader.next()) {
    if (const auto* directive = std::get_if<sql::Directive>(&*item)) {
      if (const auto* batch = std::get_if<sql::Batch>(&directive->value)) batch_ = *batch;
    }
    auto* statement = std::get_if<sql::Statement>(&*item);
    if (statement == nullptr) continue;  // judged before the run
    ++number_;
    if (step_->resume && number_ <= step_->resume->done) {
      batch_.reset();
      if (must_be_repeated(statement->text)) require(execute({{statement->text}}));
      continue;
    }
    stop_if_interrupted();
    run_item(std::move(*statement), reader);
  }
}

void Stepwise::run_item(sql::Statement statement, sql::ScriptReader& reader) {
  running_ = &statement;
  copy_begin_.reset();
  const std::optional<sql::Batch> batch = std::exchange(batch_, std::nullopt);
  if (statement.kind == sql::StatementKind::begin) {
    require(execute({{"BEGIN"}}));
    in_block_ = true;
  } else if (statement.kind == sql::StatementKind::commit) {
    end_block();
  } else if (batch) {
    run_batches(statement, *batch);
  } else if (statement.kind == sql::StatementKind::non_transactional) {
    run_alone(statement);
  } else {
    run_in_transaction(statement, reader);
  }
  running_ = nullptr;
}

std::vector<Query> Stepwise::journal(std::uint64_t rows) const {
  std::vector<Query> queries = login_role_for_this_transaction();
  queries.push_back(
      writer_.statement_done(*step_, scan_->checksum.text, number_, scan_->statements, rows));
  if (options_.fence) queries.push_back(*options_.fence);
  queries.push_back({"COMMIT"});
  return queries;
}

void Stepwise::run_in_transaction(const sql::Statement& statement, sql::ScriptReader& reader) {
  const std::vector<Query> before =
      in_block_ ? std::vector<Query>() : std::vector<Query>{{"BEGIN"}};
  const std::vector<Query> after = in_block_ ? std::vector<Query>() : journal(0);
  ports::Outcome outcome;
  if (statement.kind == sql::StatementKind::copy_from_stdin) {
    require(execute(before));
    copy_begin_ = reader.copy_position();
    outcome = session_.copy_in(statement.text, [&reader] { return reader.next_copy_data(); });
    require(outcome);
    copy_begin_.reset();
    require(execute(after));
  } else {
    outcome = run_script_statement(statement, before, after);
  }
  count_statement(*report_, outcome);
}

void Stepwise::end_block() {
  require(execute(journal(0)));
  in_block_ = false;
}

bool Stepwise::resumes_here() const {
  return step_->resume && step_->resume->started && number_ == step_->resume->done + 1;
}

void Stepwise::run_alone(const sql::Statement& statement) {
  const sql::Effect effect = sql::effect_of(statement.text);
  const std::optional<Query> look = look_for(effect);
  CatalogRows now;
  if (look) {
    const ports::Outcome found = execute({*look}, ports::Rows::keep);
    require(found);
    now = found.values;
  }
  const std::optional<std::string> before =
      resumes_here() ? std::optional<std::string>(step_->resume->before) : std::nullopt;
  const Action action = decide(effect, now, before);
  if (!before) {
    std::vector<Query> queries = {{"BEGIN"}};
    append(queries, login_role_for_this_transaction());
    queries.push_back(writer_.statement_started(*step_, scan_->checksum.text, number_,
                                                scan_->statements, object_ids(now)));
    if (options_.fence) queries.push_back(*options_.fence);
    queries.push_back({"COMMIT"});
    require(execute(queries));
  }
  for (const std::string& sql : action.clear_away) {
    observer_.on_remark({.where = {step_->path, statement.begin.line, statement.begin.column},
                         .message = "an unfinished index is in the way: " + sql,
                         .hint = {},
                         .source_line = {}});
    run_without_lock_timeout(sql);
  }
  if (!action.already_done) {
    run_without_lock_timeout(action.instead.empty() ? statement.text : action.instead);
  }
  std::vector<Query> done = {{"BEGIN"}};
  append(done, journal(0));
  require(execute(done));
}

// CONCURRENTLY waits for every transaction that is older than itself; a lock_timeout would only
// leave a half-built index behind.
void Stepwise::run_without_lock_timeout(const std::string& sql) {
  const ports::Outcome before = execute({{"SELECT pg_catalog.current_setting('lock_timeout'), "
                                          "pg_catalog.set_config('lock_timeout', '0', false)"}},
                                        ports::Rows::keep);
  require(before);
  const ports::Outcome outcome = execute({{sql}});
  require(outcome);
  if (running_ != nullptr && sql == running_->text) count_statement(*report_, outcome);
  require(execute(
      {{"SELECT pg_catalog.set_config('lock_timeout', $1, false)", {before.values.at(0).at(0)}}}));
}

void Stepwise::run_batches(const sql::Statement& statement, const sql::Batch& batch) {
  sql::Statement filled = statement;
  filled.text = sql::with_batch_size(statement.text, batch.size);
  BatchProgress progress;
  const auto begin = Clock::now();
  std::vector<Query> commit;
  if (options_.fence) {
    commit = login_role_for_this_transaction();
    commit.push_back(*options_.fence);
  }
  commit.push_back({"COMMIT"});
  while (true) {
    stop_if_interrupted();
    const ports::Outcome outcome = run_script_statement(filled, {{"BEGIN"}}, commit);
    count_statement(*report_, outcome);
    if (outcome.rows.value_or(0) == 0) break;
    ++progress.batches;
    progress.rows += *outcome.rows;
    progress.elapsed_ms = ms_since(begin);
    observer_.on_batch(*step_, progress);
    if (progress.batches >= batch.max_batches) {
      Failure failure = script_failure(step_->path, statement.begin, statement.text, {});
      failure.message = fmt::format("the batch still changes rows after {} times ({} rows in all)",
                                    progress.batches, progress.rows);
      failure.hint =
          "make sure that the statement no longer finds the rows that it changed, or raise "
          "max-batches";
      fail(std::move(failure));
    }
    pause(batch.pause);
  }
  std::vector<Query> done = {{"BEGIN"}};
  append(done, journal(progress.rows));
  require(execute(done));
}

void Stepwise::pause(milliseconds length) const {
  const auto end = Clock::now() + length;
  while (Clock::now() < end && interrupt_.signal() == 0) {
    std::this_thread::sleep_for(std::min<Clock::duration>(tick / 2, end - Clock::now()));
    observer_.on_tick();
  }
}

void Stepwise::finish(const std::optional<StoredScript>& rollback, const sql::ScriptReader&) {
  std::vector<Query> queries = {{"BEGIN"}};
  append(queries, reset_settings());
  queries.push_back(apply_ledger_settings(options_.settings));
  const std::int64_t duration = ms_since(started_);
  queries.push_back(step_->direction == Direction::up
                        ? writer_.applied(*step_, scan_->checksum.text, rollback, duration)
                        : writer_.rolled_back(*step_, scan_->checksum.text, duration));
  if (options_.fence) queries.push_back(*options_.fence);
  queries.push_back({"COMMIT"});
  append(queries, reset_session_objects(TemporaryObjects::drop));
  require(execute(queries));
}

// --- talking to the server ---

// Returns the first failure, else the last outcome.
ports::Outcome Stepwise::execute(const std::vector<Query>& queries, ports::Rows rows) {
  if (queries.empty()) return {};
  for (const Query& query : queries) session_.send(query, rows);
  session_.sync();
  ports::Outcome result;
  while (session_.outstanding() > 0) {
    auto outcome = session_.next(tick);
    observer_.on_tick();
    if (!outcome || outcome->status == ports::OutcomeStatus::synced) continue;
    const bool has_failed = result.status == ports::OutcomeStatus::failed;
    if (!has_failed && outcome->status != ports::OutcomeStatus::skipped)
      result = std::move(*outcome);
  }
  return result;
}

// The script's statement among statements of pgtide's own, in one round trip; returns its outcome,
// or fails.
ports::Outcome Stepwise::run_script_statement(const sql::Statement& statement,
                                              const std::vector<Query>& before,
                                              const std::vector<Query>& after) {
  for (const Query& query : before) session_.send(query);
  session_.send({statement.text});
  for (const Query& query : after) session_.send(query);
  session_.sync();
  ports::Outcome of_statement;
  ports::Outcome failed;
  std::size_t index = 0;
  while (session_.outstanding() > 0) {
    const auto outcome = session_.next(tick);
    observer_.on_tick();
    if (!outcome) continue;
    if (index == before.size()) of_statement = *outcome;
    if (outcome->status == ports::OutcomeStatus::failed) {
      if (index > before.size()) running_ = nullptr;  // not the script's fault
      failed = *outcome;
    }
    ++index;
  }
  require(failed);
  return of_statement;
}

void Stepwise::require(const ports::Outcome& outcome) {
  if (outcome.status != ports::OutcomeStatus::failed) return;
  Failure failure;
  if (running_ == nullptr) {
    failure = plain_failure(step_->path, outcome.error);
    failure.kind = FailureKind::environment;
  } else if (copy_begin_) {
    failure = copy_failure(step_->path, *copy_begin_, outcome.error);
  } else {
    failure = script_failure(step_->path, running_->begin, running_->text, outcome.error);
  }
  if (failure.sqlstate == "55P03") failure.kind = FailureKind::environment;
  if (failure.sqlstate == "57014" && interrupt_.signal() != 0) {
    failure.kind = FailureKind::interrupted;
    failure.signal = interrupt_.signal();
    failure.hint.clear();
  }
  fail(std::move(failure));
}

void Stepwise::stop_if_interrupted() {
  if (interrupt_.signal() == 0) return;
  Failure failure;
  failure.kind = FailureKind::interrupted;
  failure.signal = interrupt_.signal();
  failure.where.file = step_->path;
  failure.message = fmt::format("stopped before statement {} of {}", number_, scan_->statements);
  fail(std::move(failure));
}

void Stepwise::fail(Failure failure) {
  if (failure.kind != FailureKind::interrupted && failure.hint.empty()) {
    failure.hint = step_->direction == Direction::up
                       ? "what is done stays; `pgtide up` goes on at this statement"
                       : "what is done stays; the same `pgtide down` goes on at this statement";
  }
  failure_ = std::move(failure);
  throw Stop{};
}

void Stepwise::record_failure() {
  session_.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  running_ = nullptr;
  execute({{"ROLLBACK"}});
  std::vector<Query> queries = {{"BEGIN"}};
  append(queries, reset_settings());
  queries.push_back(apply_ledger_settings(options_.settings));
  queries.push_back(writer_.failed(*step_, scan_->checksum.text, one_line(*failure_)));
  if (options_.fence) queries.push_back(*options_.fence);
  queries.push_back({"COMMIT"});
  failure_->recorded = execute(queries).status != ports::OutcomeStatus::failed;
}

}  // namespace pgtide::engine
