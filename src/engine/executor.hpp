// Runs a plan. Executing decides nothing: what runs, in which order and from where stands in the
// plan.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/group_commit.hpp"
#include "engine/ledger_writer.hpp"
#include "engine/lock_patience.hpp"
#include "engine/loss_guard.hpp"
#include "engine/run_identity.hpp"
#include "engine/sequence_guard.hpp"
#include "engine/session_sql.hpp"
#include "engine/shared_session.hpp"
#include "engine/statement_probe.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/scripts.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {

// What a run in one transaction sees of that which others commit meanwhile.
enum class View { latest, as_it_began };

struct ExecutorOptions {
  Finish finish = Finish::commit_each;
  View view = View::latest;
  SessionSettings settings;
  std::optional<Query> fence;  // fails unless the run lock is held; none in a dry run
  LedgerNames names;
  LedgerShape shape;
  RunIdentity run;
  LedgerWriter::Before ledger_before = LedgerWriter::Before::as_planned;
  Pooling pooling = Pooling::none;
  // In transaction mode a step of a run that holds no lock in between is begun only when nobody
  // else has written to the log after this row of it.
  std::int64_t last_event = 0;
  std::size_t lock_retries = 0;
  std::chrono::milliseconds lock_wait{60000};  // for others that build what a script would build
  ports::RunLock* lock = nullptr;              // to look and to act beside the session; not owned
  StatementProbe* probe = nullptr;             // not owned
  Losses losses = Losses::allowed;             // of forward scripts that are committed
  SequenceGuard* sequences = nullptr;          // of a dry run; not owned
  // Called before each step of a run in one transaction, and after each step that ran to its end,
  // with nothing outstanding: the session may be asked. What they throw comes out of run(); the
  // transaction is left to the server then.
  std::function<void(std::size_t index)> before_step = {};
  std::function<void(std::size_t index)> after_step = {};
};

// One transaction a migration, all of them in one pipeline: nothing waits for an answer unless it
// must. What follows a failed statement is skipped by the server until the next sync, and there is
// none between migrations; so after a failure in migration k, 1..k-1 are committed, and nothing
// behind k ran.
//
// A connection that is lost throws Error(environment) out of run(); `report()` then tells what the
// server had confirmed.
class Executor {
 public:
  Executor(ports::Session& session, ports::Scripts& scripts, ports::Observer& observer,
           const ports::Interrupt& interrupt, ExecutorOptions options);
  ~Executor() { session_.on_notice({}); }
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // `scans` has one entry for each step of the plan: what its script was found to be before the
  // run.
  const Report& run(const Plan& plan, const std::vector<sql::ScriptScan>& scans);
  const Report& report() const { return report_; }
  // Through a pooler: where the last transaction ran that the server has answered.
  const std::optional<Backend>& backend() const { return backend_; }
  // In transaction mode: the run stopped because another runner has, or had, its turn. What is not
  // done was not begun.
  bool came_too_late() const;

 private:
  // Why a statement was sent, which decides what its outcome means.
  enum class Purpose {
    bootstrap,  // creates the ledger
    arm_guard,  // a dry run's commit guard at the start
    lock,       // takes the lock for one transaction, and sees that the plan still holds
    look,       // at a session that others use too
    open,       // BEGIN, settings, savepoint
    loss,       // the guard against data loss
    guard,      // a dry run's commit guard around SET CONSTRAINTS
    statement,  // of the script
    probe,      // asks what the statement did
    file,       // was not sent: a script could not be read
    close,      // release, reset
    check,      // a dry run's look at what COMMIT would have found
    ledger,
    fence,
    commit,
    recovery,
    sync
  };
  struct Sent {
    Purpose purpose = Purpose::open;
    std::size_t step = 0;
    std::size_t bytes = 0;
    sql::Position begin = {};  // of a script's statement
    std::string text = {};     // of a script's statement
    bool ends_step = false;    // its success is the step's success
    Flush flush = Flush::at_commit;
  };
  struct Broken {  // the first failure since the last sync
    Sent sent;
    ports::ServerMessage error;
    std::optional<sql::Position> copy_begin = {};  // where the data of a failed COPY starts
  };
  using Clock = std::chrono::steady_clock;

  bool whole_run() const { return options_.finish != Finish::commit_each; }
  bool dry() const { return options_.finish == Finish::roll_back; }
  bool stopped() const;
  bool refuses_losses(std::size_t index) const;
  // The session of the server is a pooler's: it goes back as it came.
  bool is_shared() const { return options_.pooling != Pooling::none; }
  bool locks_each_transaction() const {
    return options_.pooling == Pooling::transaction && options_.fence.has_value();
  }

  void send_run_start();
  void send_run_end();
  void send_step(std::size_t index);
  void let_others_ask(const std::function<void(std::size_t)>& others, std::size_t index);
  void run_stepwise(std::size_t index);
  void leave_out(std::size_t index);
  void send_step_start(std::size_t index);
  void break_off(Sent where, std::string why);
  template <typename Read>
  auto reading(std::size_t index, Read read) -> std::optional<decltype(read())>;
  sql::TransactionModes modes_of_run();
  void take_lock();
  void take_transaction_lock(Purpose purpose);
  void look_at_session();
  SharedSession session_now(Purpose purpose);
  std::vector<Query> settings_as_found() const;
  void leave_as_found(std::size_t index);
  void clean_shared_session();
  void begin_to_record();
  void send_script(std::size_t index);
  void send_statement(std::size_t index, sql::Statement statement);
  void send_copy(std::size_t index, sql::Statement statement, sql::ScriptReader& reader);
  void send_step_end(std::size_t index);
  void ask_probe(std::size_t index, std::vector<Query> queries);
  void send_probe(std::size_t index, const std::vector<Query>& queries);
  SessionSettings settings_of(std::size_t index) const;
  const std::string& checksum_of_step(std::size_t index) const;
  void check_as_commit_would(std::size_t index);
  void run_listed(std::size_t index, const Query& list);
  void look_at_sequences(std::size_t index, const sql::Statement& statement);
  std::vector<std::string> ask_for_statements(std::size_t index, const Query& query);

  void send(Purpose purpose, std::size_t step, const Query& query,
            ports::Rows rows = ports::Rows::discard);
  void send_prepared(Purpose purpose, std::size_t step, const Query& query,
                     ports::Rows rows = ports::Rows::discard);
  void forget_prepared(Purpose purpose, std::size_t step);
  void note_sent(Purpose purpose, std::size_t step, std::size_t bytes);
  void send_all_prepared(Purpose purpose, std::size_t step, const std::vector<Query>& queries);
  void send_all(Purpose purpose, std::size_t step, const std::vector<Query>& queries);
  void make_room();
  void wait_until_answered();
  void end_pipeline();
  void sync();

  void receive_available();
  void receive_one();
  void look_for_blockers();
  void tick_over();
  void receive(const ports::Outcome& outcome);
  void note_success(const Sent& sent, const ports::Outcome& outcome);
  Flush flush_of(std::size_t index) const;
  void note_committed(const Sent& sent);
  void finish_step(std::size_t index, StepOutcome outcome = StepOutcome::done);
  void finish_run();
  std::size_t next_step() const;
  void flush_commits();
  void remark(std::string message);
  void announce_running();
  void watch_notices();
  void on_notice(const ports::ServerMessage& message);

  std::optional<std::size_t> step_to_retry() const;
  bool will_try_again();
  bool lost_prepared_statements() const;
  void start_over(std::size_t first);
  void roll_back_to_retry();
  enum class End {
    well,
    too_late,       // a signal, or an error, behind the last COMMIT
    in_step,        // a step broke
    outside_steps,  // something between or behind them broke
    between_steps   // a signal came there
  };
  End end_of_run() const;
  void conclude();
  void roll_back_run();
  void fail_step(Failure failure);
  Failure explain() const;
  Failure explain_broken() const;
  Failure explain_by_purpose(Failure failure) const;
  bool record(const Failure& failure);
  void clean_session();
  bool note_not_simulable(const Failure& failure);
  std::optional<StoredScript> read_rollback(const Step& step);
  std::string source_line(const Step& step, std::size_t number) const;

  ports::Session& session_;
  ports::Scripts& scripts_;
  const ports::Interrupt& interrupt_;
  ExecutorOptions options_;
  GroupCommit group_;
  ports::Observer& observer_;
  LedgerWriter writer_;
  LockPatience patience_;
  bool modes_are_told_ = false;
  std::string own_name_;  // no script can know it
  std::string savepoint_;
  std::string probe_savepoint_;

  const Plan* plan_ = nullptr;
  const std::vector<sql::ScriptScan>* scans_ = nullptr;
  Report report_;
  std::map<std::string, std::string> prepared_;  // names of pgtide's own statements, by their SQL
  bool uses_prepared_ = true;                    // until a script was found to drop them
  SharedSession before_;            // the script that runs, where the session is shared
  std::optional<Backend> backend_;  // that is known to have run the last transaction
  std::deque<Sent> in_flight_;
  std::size_t bytes_in_flight_ = 0;
  std::size_t sends_since_flush_ = 0;
  std::optional<Broken> broken_;
  std::optional<Failure> stepwise_failure_;  // of a script that ran outside the pipeline
  std::size_t ran_ = 0;                      // steps that wait for the COMMIT of the whole run
  std::vector<std::vector<Param>> last_values_;
  std::optional<std::string> recovery_error_;
  Clock::time_point step_started_;
  Clock::time_point oldest_since_;  // when the oldest statement in flight became that
  std::optional<std::size_t> constraints_set_by_;  // first step whose script has SET CONSTRAINTS
  std::optional<std::size_t> announced_;
  Attempts attempts_;            // at the transaction that is to come next
  std::size_t next_to_try_ = 0;  // the step that they are counted for
  bool log_is_there_ = false;    // at this point of what was sent
  bool savepoint_open_ = false;  // as the server's answers have it
};

}  // namespace pgtide::engine
