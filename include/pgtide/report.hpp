// What a run did.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/finding.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/trace.hpp"

namespace pgtide {

// How a run ends each migration.
enum class Finish {
  commit_each,  // every migration commits with its ledger rows
  commit_all,   // the whole run is one transaction
  roll_back     // a dry run: everything runs, nothing stays
};

// Statements of one kind and the rows that they touched.
struct Tally {
  std::string command;  // first words of the server's command tag: `INSERT`, `CREATE TABLE`
  std::size_t statements = 0;
  std::uint64_t rows = 0;
};

enum class StepOutcome {
  done,  // committed; in a dry run: ran without error
  failed,
  undone,         // ran, but its transaction was rolled back because a later step failed
  not_simulable,  // a dry run cannot tell
  unknown,        // the connection was lost, and the server could not be asked whether it committed
  not_run
};

struct StepReport {
  Step step;
  StepOutcome outcome = StepOutcome::not_run;
  std::int64_t duration_ms = 0;
  // When the script had run to its end; the COMMIT that made it `done` may have come later. Zero
  // when that was not seen.
  std::chrono::sys_time<std::chrono::nanoseconds> ended = {};
  std::size_t statements = 0;
  std::vector<Tally> tallies;                             // in the order of first use
  std::vector<Problem> not_simulable;                     // the statements, and why
  std::optional<std::vector<StatementTrace>> trace = {};  // of a dry run, when it was asked for
  // Tables and columns that a dry run found to be gone, or that were foreseen to go.
  std::vector<Change> losses = {};
};

// Something the server said about a script's statement without failing it.
struct ServerNotice {
  ScriptPosition where;
  std::string severity;
  std::string message;
  std::string detail;
  std::string hint;
};

enum class FailureKind {
  migration,    // the script's fault
  environment,  // connection, lock, privileges on the ledger
  interrupted
};

// How far a statement with a `batch` directive has come: what of it is committed.
struct BatchProgress {
  std::size_t batches = 0;
  std::uint64_t rows = 0;
  std::int64_t elapsed_ms = 0;
};
std::string batches_text(const BatchProgress& batches);  // `8200 rows in 41 batches`

// Why a run stopped.
struct Failure {
  FailureKind kind = FailureKind::migration;
  std::size_t step = 0;  // index into Report::steps
  ScriptPosition where;
  std::string source_line;
  std::string message;
  std::string sqlstate;
  std::string detail;
  std::string server_hint;
  std::string context;
  std::string hint;          // pgtide's own: what to do or type
  bool recorded = false;     // the ledger has it
  std::string record_error;  // why it could not be recorded; empty when it was not tried
  int signal = 0;            // of an interrupted run
  std::optional<BatchProgress> batches = {};  // of the statement that it stopped in
};

// What scripts will take away, as far as their statements name it.
struct Foresight {
  std::vector<std::vector<Change>> losses;  // one list for each step of the plan
  std::vector<Problem> unknown;             // statements that may take more
};

struct Report {
  std::string run_id;
  Direction direction = Direction::up;
  Finish finish = Finish::commit_each;
  std::vector<StepReport> steps;              // one for each step of the plan
  std::vector<rules::Finding> findings = {};  // of a dry run, in the order of the steps
  std::vector<Problem> unforeseen = {};       // see Foresight
  // Of a dry run: what its rollback did not take back, and sequences that were put back.
  std::vector<Problem> left_behind = {};
  std::optional<Failure> failure;
  std::optional<Version>
      current;  // newest applied version after the run; in a dry run, what it would be
  std::int64_t duration_ms = 0;

  std::size_t count(StepOutcome outcome) const;
};

}  // namespace pgtide
