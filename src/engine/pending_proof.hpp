// Round trips of pending pairs where they are to be applied, inside a dry run.
#pragma once

#include <vector>

#include "engine/proof_judge.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

// Runs each pending pair up, down and up again, on top of the pending ones below it, in
// transactions that are rolled back. One that cannot run in a transaction is not judged, and the
// others are as if it were not there; one that fails then, may be because of that, is not judged
// either. Rows of tables that were there are compared in a second run, of what the first one
// touched. Throws Error(environment), Error(interrupted).
ProofReport prove_pending(ports::Session& session, const ScriptContext& context,
                          const PreparedRun& prepared, const AllowedDifferences& allowed);

}  // namespace pgtide::engine
