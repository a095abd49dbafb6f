// Asking and telling the server something of pgtide's own, outside a run.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ports/session.hpp"

namespace pgtide::ports {

using RowValues = std::vector<std::vector<Param>>;

// With nothing outstanding; inside an open transaction too. Throws Error(environment) with the
// server's message when it is refused.
RowValues ask(Session& session, const Query& query);
// The same for several statements, one round trip.
void tell(Session& session, const std::vector<Query>& queries);

}  // namespace pgtide::ports
