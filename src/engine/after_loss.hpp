// What is true after the connection was lost in the middle of a run.
#pragma once

#include "engine/ports.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/report.hpp"

namespace pgtide::engine {

// `report` has what the server confirmed. The ledger says what else was committed, the answer to
// which was lost on the way; where the server does not answer within some seconds, the steps that
// were not confirmed become `unknown`. No failure is left when the whole run turns out to be
// committed. Behind a pooler `backend` is where the run was last seen.
Report settle_after_loss(Report report, const Plan& plan, const ports::ConnectionLost& lost,
                         const Ports& ports, const std::optional<Backend>& backend);

}  // namespace pgtide::engine
