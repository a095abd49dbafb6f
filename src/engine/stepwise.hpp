// Runs a script that cannot run in one transaction: statement by statement, each one journalled, so
// that a run that was stopped goes on where it stopped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/aftermath.hpp"
#include "engine/ledger_writer.hpp"
#include "engine/session_sql.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "pgtide/sql/script_scan.hpp"

namespace pgtide::engine {

struct StepwiseOptions {
  SessionSettings settings;
  std::optional<Query> fence;
};

// An ordinary statement commits together with its journal row. One that PostgreSQL refuses inside a
// transaction is journalled before and after; what it left behind when it was interrupted is found
// by what was there before.
class Stepwise {
 public:
  Stepwise(ports::Session& session, ports::Observer& observer, const ports::Interrupt& interrupt,
           const LedgerWriter& writer, StepwiseOptions options)
      : session_(session),
        observer_(observer),
        interrupt_(interrupt),
        writer_(writer),
        options_(std::move(options)) {}

  // Runs `step` to its end and records it. nullopt: done. With a failure the journal keeps what is
  // done, the ledger has the error, no transaction is open and the session is reset. Only with
  // nothing outstanding on the session.
  std::optional<Failure> run(const Step& step, const sql::ScriptScan& scan,
                             const std::optional<StoredScript>& rollback, ByteSource& source,
                             StepReport& report);

 private:
  using Clock = std::chrono::steady_clock;
  struct Stop {};  // failure_ says why

  void begin();
  void run_items(sql::ScriptReader& reader);
  void run_item(sql::Statement statement, sql::ScriptReader& reader);
  void run_in_transaction(const sql::Statement& statement, sql::ScriptReader& reader);
  void run_alone(const sql::Statement& statement);
  void run_without_lock_timeout(const std::string& sql);
  void run_batches(const sql::Statement& statement, const sql::Batch& batch);
  void end_block();
  void finish(const std::optional<StoredScript>& rollback, const sql::ScriptReader& reader);
  void pause(std::chrono::milliseconds length) const;

  ports::Outcome execute(const std::vector<Query>& queries,
                         ports::Rows rows = ports::Rows::discard);
  ports::Outcome run_script_statement(const sql::Statement& statement,
                                      const std::vector<Query>& before,
                                      const std::vector<Query>& after);
  std::vector<Query> journal(std::uint64_t rows) const;
  void require(const ports::Outcome& outcome);
  void stop_if_interrupted();
  [[noreturn]] void fail(Failure failure);
  void record_failure();
  bool resumes_here() const;

  ports::Session& session_;
  ports::Observer& observer_;
  const ports::Interrupt& interrupt_;
  const LedgerWriter& writer_;
  StepwiseOptions options_;

  const Step* step_ = nullptr;
  const sql::ScriptScan* scan_ = nullptr;
  StepReport* report_ = nullptr;
  std::size_t number_ = 0;           // of the statement that runs, from 1
  bool in_block_ = false;            // between the script's own BEGIN and COMMIT
  std::optional<sql::Batch> batch_;  // for the next statement
  const sql::Statement* running_ = nullptr;
  std::optional<sql::Position> copy_begin_;
  std::optional<Failure> failure_;
  Clock::time_point started_;
};

}  // namespace pgtide::engine
