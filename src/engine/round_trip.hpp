// Up, down and up again, with the schema read in between.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/executor.hpp"
#include "engine/pair_scripts.hpp"
#include "engine/schema_reader.hpp"
#include "engine/table_rows.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/run_request.hpp"
#include "pgtide/schema/snapshot.hpp"

namespace pgtide::engine {

// What every run of a script in a proof has in common.
struct ScriptContext {
  ports::Scripts& scripts;
  ports::Observer& observer;
  const ports::Interrupt& interrupt;
  SessionSettings settings;
  LedgerNames names;  // of a ledger that nobody reads
  LedgerShape shape;
  RunIdentity run;
  Trace trace = Trace::off;
  Pooling pooling = Pooling::none;
  SequenceGuard* sequences = nullptr;                  // of a database that others use; not owned
  schema::Breadth breadth = schema::Breadth::content;  // of what is compared
};

// Who looks on while scripts run.
struct Watch {
  View view = View::latest;
  std::function<void(std::size_t)> before_step = {};  // of a run in one transaction
  std::function<void(std::size_t)> after_step = {};
  StatementProbe* probe = nullptr;  // not owned
};

// Runs the scripts as the executor always does, in the order given. Throws Error(interrupted).
Report run_scripts(ports::Session& session, const ScriptContext& context,
                   const std::vector<const PairScript*>& scripts, Finish finish, Watch watch = {});
// One of them, committed; what stopped it.
std::optional<Failure> run_script(ports::Session& session, const ScriptContext& context,
                                  const PairScript& script, StatementProbe* probe = nullptr);

enum class Stage { up, fixture, down, up_again };

struct RoundTrip {
  // As far as it came. A stage that has nothing to run leaves the schema of the stage before.
  std::optional<schema::Snapshot> up;
  std::optional<schema::Snapshot> down;
  std::optional<schema::Snapshot> up_again;
  std::optional<Failure> failure;
  Stage failed_in = Stage::up;
  bool unsure = false;  // one transaction cannot tell
  DatabaseRows rows_before;
  DatabaseRows rows_after;  // once it is down
  // Of the first up and of the down, when the context asks for it.
  std::vector<ScriptTrace> traces;
};

// All in one transaction that is rolled back; only for scripts that can run in one, of a pair that
// has both. What else a script may have moved, sequences, is put back.
RoundTrip try_round_trip(ports::Session& session, const ScriptContext& context,
                         const PairScripts& pair, const schema::Snapshot& before);
// Each script commits. Stops at the first failure; a second up is tried even when the rollback
// left something.
RoundTrip make_round_trip(ports::Session& session, const ScriptContext& context,
                          const PairScripts& pair, const schema::Snapshot& before);

}  // namespace pgtide::engine
