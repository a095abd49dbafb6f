// Runs a script that cannot run in one transaction: statement by statement, each one journalled, so
// that a run that was stopped goes on where it stopped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/aftermath.hpp"
#include "engine/kept_script.hpp"
#include "engine/ledger_writer.hpp"
#include "engine/lock_patience.hpp"
#include "engine/loss_guard.hpp"
#include "engine/session_sql.hpp"
#include "engine/statement_probe.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "sql/statement_chain.hpp"

namespace pgtide::engine {

struct StepwiseOptions {
  SessionSettings settings;
  std::chrono::milliseconds wait_for_builders{60000};
  std::optional<Query> fence;
  LedgerNames names;
  std::vector<Query> reset_settings;                    // to what the session had before the script
  std::function<std::unique_ptr<ByteSource>()> open;    // the script, from its start
  std::function<std::string(std::size_t)> source_line;  // reads a line of the script again
  StatementProbe* probe = nullptr;                      // not owned
  Losses losses = Losses::allowed;                      // that the script does not say are meant
};

// An ordinary statement commits together with its journal row. One that PostgreSQL refuses inside a
// transaction is journalled before and after; what it left behind when it was interrupted is found
// by what was there before.
class Stepwise {
 public:
  Stepwise(ports::Session& session, ports::Observer& observer, const ports::Interrupt& interrupt,
           const LedgerWriter& writer, LockPatience& patience, StepwiseOptions options)
      : session_(session),
        observer_(observer),
        interrupt_(interrupt),
        writer_(writer),
        patience_(patience),
        options_(std::move(options)),
        script_(options_.open) {}

  // Runs `step` to its end and records it. nullopt: done. With a failure the journal keeps what is
  // done, the ledger has the error, no transaction is open and the session is reset. Only with
  // nothing outstanding on the session, whose notice handler it takes away.
  std::optional<Failure> run(const Step& step, const sql::ScriptScan& scan,
                             const std::optional<StoredScript>& rollback, StepReport& report);

 private:
  using Clock = std::chrono::steady_clock;
  struct Stop {};  // failure_ says why

  // Why something is sent, which decides what its failure means.
  enum class Origin { own, script, loss, ledger, fence, commit };
  struct Part {
    Query query;
    Origin origin = Origin::own;
  };
  using Parts = std::vector<Part>;
  struct Answer {
    Origin origin = Origin::own;
    ports::Outcome outcome;
  };
  enum class InTransaction { ran, refused };

  void run_script(const std::optional<StoredScript>& rollback);
  std::unique_ptr<ByteSource> open_script();
  bool will_try_again();
  void clean_session();
  void begin();
  void run_items(sql::ScriptReader& reader);
  void pass_over(const sql::Statement& statement);
  void run_item(sql::Statement statement, sql::ScriptReader& reader);
  void begin_block(const sql::Statement& statement);
  void end_block();
  InTransaction run_in_transaction(const sql::Statement& statement);
  void run_copy(const sql::Statement& statement, sql::ScriptReader& reader);
  void run_alone(const sql::Statement& statement);
  Action decide_after_others(const sql::Statement& statement, const sql::Effect& effect,
                             CatalogRows& now);
  bool wait_for_orphans(const std::string& sql);
  bool wait_for_builders(const Action& action);
  bool wait_for(const Query& sessions, std::optional<std::chrono::milliseconds> limit,
                const std::function<std::string(const std::string&)>& news);
  [[noreturn]] void give_up_waiting(const std::string& message, std::chrono::milliseconds waited);
  void name_leftovers(const CatalogRows& now, const Action& action);
  CatalogRows look(const sql::Effect& effect);
  void journal_start(const CatalogRows& now);
  Answer exchange_alone(const std::string& sql);
  Parts batch_parts(const std::string& sql) const;
  void run_batches(const sql::Statement& statement, const sql::Batch& batch);
  [[noreturn]] void give_up_batches(const BatchProgress& progress);
  void finish(const std::optional<StoredScript>& rollback, sql::ScriptReader& reader);
  bool resumes_here() const;
  Problem remark(std::string message) const;

  bool refuses_losses() const { return options_.losses == Losses::refused; }
  bool probing() const { return options_.probe != nullptr; }
  void probe_start();
  void probe_end();
  void ask_probe(const std::vector<Query>& queries);
  void ask_probe_apart(const std::vector<Query>& queries);
  void begin_probed(const sql::Statement& statement);
  void probe_after(const sql::Statement& statement);
  void probe_before_alone(const sql::Statement& statement);
  void probe_after_alone(const sql::Statement& statement);

  JournalledStatement journalled_statement() const;
  Parts transaction(Parts parts) const;
  Parts own_transaction(Parts parts) const;
  bool is_read_only();
  Parts journal(std::uint64_t rows) const;
  Parts journalled(std::vector<Query> queries, Query row) const;
  Answer exchange(const Parts& parts, ports::Rows rows = ports::Rows::discard);
  ports::Outcome must(const Parts& parts, ports::Rows rows = ports::Rows::discard);
  void look_for_blockers(Clock::time_point sent);
  void require(const Answer& answer);
  Failure explain(const ports::ServerMessage& error, Origin origin) const;
  void stop_if_interrupted();
  [[noreturn]] void fail_as_changed();
  std::optional<BatchProgress> committed_batches() const;
  [[noreturn]] void fail(Failure failure);
  void record_failure();
  std::string way_on() const;

  ports::Session& session_;
  ports::Observer& observer_;
  const ports::Interrupt& interrupt_;
  const LedgerWriter& writer_;
  LockPatience& patience_;
  StepwiseOptions options_;
  KeptScript script_;

  std::optional<Step> step_;  // with how far it has come
  const sql::ScriptScan* scan_ = nullptr;
  StepReport* report_ = nullptr;
  std::size_t number_ = 0;           // of the statement that runs, from 1
  sql::StatementChain before_;       // the statements before it
  sql::StatementChain up_to_;        // these and itself
  bool in_block_ = false;            // between the script's own BEGIN and COMMIT
  std::optional<sql::Batch> batch_;  // for the next statement
  struct Batches {
    std::size_t of = 0;  // number of the statement
    BatchProgress progress = {};
    Clock::time_point begin = {};
  } batches_;
  std::optional<Progress> progress_;    // as the journal has it; absent before it is begun
  bool refusal_is_journalled_ = false;  // of the statement that the step goes on at
  const sql::Statement* running_ = nullptr;
  std::optional<sql::Position> copy_begin_;
  Attempts attempts_;             // at what follows the last commit
  bool journals_apart_ = false;   // the script's transactions are read-only
  bool has_settings_ = false;     // the session, of pgtide
  bool session_is_kept_ = false;  // with all that the statements which are done made in it
  std::optional<Failure> failure_;
  bool has_written_ = false;        // the ledger took the row that begins the script
  bool ledger_is_refused_ = false;  // that failure is of pgtide's own row
  Clock::time_point started_;
};

}  // namespace pgtide::engine
