// What differs behind a pooler: the lock is taken in each transaction, and the session goes back to
// the others as it came.
#include "engine/executor.hpp"

namespace pgtide::engine {

// Before anything else of the transaction: what is not locked may belong to another runner.
void Executor::take_lock() {
  if (!locks_each_transaction()) return;
  const std::size_t none = report_.steps.size();
  send(Purpose::lock, none, *options_.fence);
  // Without a log there is no other runner yet; creating it fails when one appears.
  if (log_is_there_) send(Purpose::lock, none, writer_.unchanged_since(options_.last_event));
}

// For transactions that run no script, in which it comes with the settings.
void Executor::take_transaction_lock(Purpose purpose) {
  if (!options_.settings.transaction_key) return;
  send(purpose, report_.steps.size(), lock_transaction(*options_.settings.transaction_key));
}

// In a transaction, so that the answer is about the session that runs it.
void Executor::look_at_session() {
  if (!is_shared()) return;
  before_ = {};
  send(Purpose::look, report_.steps.size(), session_look(), ports::Rows::keep);
  session_.flush();  // known before the script ends, whatever it waits for
}

SharedSession Executor::session_now(Purpose purpose) {
  last_values_.clear();
  send(purpose, report_.steps.size(), session_look(), ports::Rows::keep);
  wait_until_answered();
  return shared_session(last_values_);
}

std::vector<Query> Executor::settings_as_found() const {
  return is_shared() ? before_.restore_settings() : reset_settings(options_.settings);
}

void Executor::leave_as_found(std::size_t index) {
  if (!is_shared()) return send_all_prepared(Purpose::close, index, settings_as_found());
  const SharedSession now = session_now(Purpose::close);
  if (stopped()) return;
  send_all(Purpose::close, index, settings_as_found());
  send_all(Purpose::close, index, before_.forget_prepared(now));
}

// What outlives a transaction that was rolled back. Goes out before the next sync, with which the
// pooler gives the session to somebody else.
void Executor::clean_shared_session() {
  if (before_.backend.pid == 0) return;  // no script has begun here
  const std::size_t none = report_.steps.size();
  const SharedSession now = session_now(Purpose::recovery);
  send_all(Purpose::recovery, none, before_.forget_prepared(now));
  send_all(Purpose::recovery, none, reset_session_objects(TemporaryObjects::drop));
}

// Leaves a transaction that a failure can be recorded in, as the login role.
void Executor::begin_to_record() {
  const std::size_t none = report_.steps.size();
  const bool goes_on = savepoint_open_ && !whole_run();
  if (goes_on) {
    send(Purpose::recovery, none, {"ROLLBACK TO SAVEPOINT " + savepoint_});
  } else if (!whole_run()) {
    send(Purpose::recovery, none, {"ROLLBACK"});
  }
  if (is_shared() && !whole_run()) clean_shared_session();
  if (!goes_on) {
    send(Purpose::recovery, none, {"BEGIN"});
    if (locks_each_transaction()) {
      send(Purpose::recovery, none, *options_.fence);
      // One that this run made went with its transaction.
      const bool log_exists = options_.shape.log_exists || !whole_run();
      if (log_exists) {
        send(Purpose::recovery, none, writer_.unchanged_since(options_.last_event));
      }
    }
  }
  if (!is_shared() || goes_on) send_all(Purpose::recovery, none, settings_as_found());
  if (!goes_on) take_transaction_lock(Purpose::recovery);
}

bool Executor::came_too_late() const {
  if (!locks_each_transaction() || !broken_ || interrupt_.signal() != 0) return false;
  const std::string& state = broken_->error.sqlstate;
  if (broken_->sent.purpose == Purpose::lock) return state == "22012";
  // Another runner made the ledger since this one looked.
  return broken_->sent.purpose == Purpose::bootstrap &&
         (state == "42P07" || state == "42P06" || state == "42710" || state == "23505");
}

}  // namespace pgtide::engine
