// A statement that PostgreSQL refuses inside a transaction: what an earlier attempt or somebody
// else has left of it, and what is in its way.
#include <fmt/format.h>

#include "engine/pause.hpp"
#include "engine/stepwise.hpp"
#include "engine/tally.hpp"

namespace pgtide::engine {
namespace {

constexpr std::chrono::milliseconds slice{50};

}  // namespace

bool Stepwise::resumes_here() const {
  return step_->resume && step_->resume->started && number_ == step_->resume->done + 1;
}

void Stepwise::run_alone(const sql::Statement& statement) {
  const sql::Effect effect = sql::effect_of(statement.text);
  CatalogRows now;
  const Action action = decide_after_others(statement, effect, now);
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
  must(transaction(journal(0)));
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
  return wait_for(find_sessions_running(sql), [](const std::string& session) {
    return fmt::format(
        "it still runs in the server, in session {} of a run that was stopped; waiting for its end",
        session);
  });
}

// What is not finished may be in the making: to drop it then would be to wait until it is finished,
// and to drop that.
bool Stepwise::wait_for_builders(const Action& action) {
  if (action.clear_away.empty()) return false;
  return wait_for(find_sessions_building(action.unfinished), [&](const std::string& session) {
    return fmt::format(
        "{} is not finished, and another session is at work on its table (pid {}); waiting for its "
        "end",
        action.unfinished_names, session);
  });
}

bool Stepwise::wait_for(const Query& sessions,
                        const std::function<std::string(const std::string&)>& news) {
  bool waited = false;
  while (true) {
    const ports::Outcome found = must({{own_settings()}, {sessions}}, ports::Rows::keep);
    if (found.values.empty()) return waited;
    waited = true;
    const std::string session = found.values.front().at(0).value_or("");
    if (waited_for_.insert(session).second) {
      observer_.on_remark(remark(news(session)));
    }
    stop_if_interrupted();
    pause(slice, interrupt_, observer_);
  }
}

void Stepwise::journal_start(const CatalogRows& now) {
  Parts parts =
      transaction(journalled(login_role_for_this_transaction(),
                             writer_.statement_started(*step_, scan_->checksum.text, number_,
                                                       scan_->statements, object_ids(now))));
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
  if (answer.outcome.status != ports::OutcomeStatus::failed) {
    must({{{"SELECT pg_catalog.set_config('lock_timeout', $1, false)",
            {before.values.at(0).at(0)}}}});
  }
  return answer;
}

}  // namespace pgtide::engine
