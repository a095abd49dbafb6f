// What a run will take away, before it runs.
#pragma once

#include "engine/session_sql.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

// Reads the statements, and counts what stands in the tables and columns that they name; of tables
// above 256 MB the planner's number is taken. Waits for nobody for longer than two seconds: what
// could not be counted has no number. Outside a transaction; changes nothing.
Foresight foresee(ports::Session& session, const SessionSettings& settings,
                  const PreparedRun& prepared);

}  // namespace pgtide::engine
