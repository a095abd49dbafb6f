// A statement that PostgreSQL refuses inside a transaction: what an earlier attempt or somebody
// else has left of it, and what is in its way.
#include <fmt/format.h>

#include <algorithm>

#include "engine/failure.hpp"
#include "engine/pause.hpp"
#include "engine/stepwise.hpp"
#include "engine/tally.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::milliseconds slice{50};
constexpr std::chrono::milliseconds say_again_after{5000};

}  // namespace

bool Stepwise::resumes_here() const {
  return step_->resume && step_->resume->started && number_ == step_->resume->done + 1;
}

void Stepwise::run_alone(const sql::Statement& statement) {
  const sql::Effect effect = sql::effect_of(statement.text);
  CatalogRows now;
  const Action action = decide_after_others(statement, effect, now);
  name_leftovers(now, action);
  for (const std::string& sql : action.clear_away) {
    observer_.on_remark(remark("an unfinished index is in the way: " + sql));
    require(exchange_alone(sql));
  }
  if (!resumes_here() || refusal_is_journalled_) {
    journal_start(action.clear_away.empty() ? now : look(effect));
  }
  if (!action.already_done) {
    probe_before_alone(statement);
    const Answer answer = exchange_alone(action.instead.empty() ? statement.text : action.instead);
    progress_->refused = answer.outcome.status == ports::OutcomeStatus::failed;
    require(answer);
    if (action.instead.empty()) count_statement(*report_, answer.outcome);
    probe_after_alone(statement);
  }
  if (sql::resets_session(statement.text)) must({{apply_session_settings(options_.settings)}});
  must(own_transaction(journal(0)));
}

// A statement that was mended may not clear away what it left behind as it was before.
void Stepwise::name_leftovers(const CatalogRows& now, const Action& action) {
  if (!resumes_here() || scan_->checksum.matches(step_->resume->checksum)) return;
  for (const std::string& sql : unfinished_since(now, step_->resume->before)) {
    if (std::ranges::find(action.clear_away, sql) != action.clear_away.end()) continue;
    observer_.on_remark(remark(
        fmt::format("an index was left unfinished since it was begun, perhaps by it: {}", sql)));
  }
}

CatalogRows Stepwise::look(const sql::Effect& effect) {
  const auto query = look_for(effect);
  if (query.empty()) return {};
  Parts parts;
  for (const Query& part : query) parts.push_back({part});
  return must(parts, ports::Rows::keep).values;
}

// A run that was killed leaves its server process to finish what it is at. To take part in that
// would end in a deadlock, and to look before its end would show only half of it.
Action Stepwise::decide_after_others(const sql::Statement& statement, const sql::Effect& effect,
                                     CatalogRows& now) {
  while (true) {
    now = look(effect);
    const bool resumes = resumes_here();
    Action action =
        decide(effect, now, resumes ? std::optional(step_->resume->before) : std::nullopt);
    // What looks like its effect is somebody else's work.
    if (resumes && step_->resume->refused) action.already_done = false;
    bool waited = false;
    if (resumes) {
      waited = wait_for_orphans(statement.text);
      for (const std::string& sql : action.clear_away) waited = wait_for_orphans(sql) || waited;
      if (!action.instead.empty()) waited = wait_for_orphans(action.instead) || waited;
    }
    if (!waited && !wait_for_builders(action)) return action;
  }
}

bool Stepwise::wait_for_orphans(const std::string& sql) {
  // It is at this script's own work, which may take as long as it takes.
  return wait_for(find_sessions_running(sql), std::nullopt, [](const std::string& session) {
    return fmt::format("it still runs in the server, in session {} of a run that was stopped",
                       session);
  });
}

// What is not finished may be in the making: to drop it then would be to wait until it is finished,
// and to drop that.
bool Stepwise::wait_for_builders(const Action& action) {
  if (action.clear_away.empty()) return false;
  const auto news = [&](const std::string& session) {
    return fmt::format("{} is not finished, and another session is at work on its table (pid {})",
                       action.unfinished_names, session);
  };
  return wait_for(find_sessions_building(action.unfinished), options_.wait_for_builders, news);
}

// Tells who is in the way, again and again. The first column of `sessions` is who it is.
bool Stepwise::wait_for(const Query& sessions, std::optional<milliseconds> limit,
                        const std::function<std::string(const std::string&)>& news) {
  const auto began = Clock::now();
  std::string told;
  milliseconds told_at{0};
  while (true) {
    const ports::Outcome found = must({{own_settings()}, {sessions}}, ports::Rows::keep);
    if (found.values.empty()) return !told.empty();
    const std::string message = news(found.values.front().at(0).value_or(""));
    const auto waited = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    if (limit && waited >= *limit) give_up_waiting(message, waited);
    if (message != told || waited - told_at >= say_again_after) {
      observer_.on_remark(remark(message + "; waiting for its end"));
      told = message;
      told_at = waited;
    }
    stop_if_interrupted();
    pause(slice, interrupt_, observer_);
  }
}

void Stepwise::give_up_waiting(const std::string& message, milliseconds waited) {
  Failure failure = script_failure(step_->path, running_->begin, running_->text, {});
  failure.kind = FailureKind::environment;
  failure.message =
      fmt::format("{}; waited {:.1f} s", message, static_cast<double>(waited.count()) / 1000);
  failure.hint =
      "end that session, for which `pgtide doctor --terminate PID` asks, or wait longer with "
      "--lock-wait; then run again";
  fail(std::move(failure));
}

void Stepwise::journal_start(const CatalogRows& now) {
  Parts parts = own_transaction(
      journalled(login_role_for_this_transaction(),
                 writer_.statement_started(*step_, scan_->checksum.text, journalled_statement(),
                                           object_ids(now))));
  // Until the session is reset behind the script; again for each statement, because the script may
  // have freed it.
  if (options_.fence) {
    parts.insert(parts.begin() + 1,
                 Part{lock_session(*options_.settings.transaction_key), Origin::fence});
  }
  must(parts);
  progress_->started = true;
  progress_->refused = refusal_is_journalled_ = false;
  progress_->before = object_ids(now);
}

// CONCURRENTLY waits for every transaction that is older than itself; a lock_timeout would only
// leave a half-built index behind.
Stepwise::Answer Stepwise::exchange_alone(const std::string& sql) {
  const Parts parts = {{{sql}, Origin::script}};
  if (!sql::waits_for_transactions(sql)) return exchange(parts);
  const ports::Outcome before = must({{{"SELECT pg_catalog.current_setting('lock_timeout'), "
                                        "pg_catalog.set_config('lock_timeout', '0', false)"}}},
                                     ports::Rows::keep);
  Answer answer = exchange(parts);
  const Parts restore = {
      {{"SELECT pg_catalog.set_config('lock_timeout', $1, false)", {before.values.at(0).at(0)}}}};
  if (answer.outcome.status == ports::OutcomeStatus::failed) {
    exchange(restore);  // another attempt has the same session
  } else {
    must(restore);
  }
  return answer;
}

}  // namespace pgtide::engine
