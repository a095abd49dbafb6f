// Asking and telling the server something of pgtide's own, outside a run.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ports/session.hpp"

namespace pgtide::ports {

using RowValues = std::vector<std::vector<Param>>;

// With nothing outstanding; inside an open transaction too. Under own_settings(), which then hold
// to the end of that transaction. Throws Error(environment) with the server's message when it is
// refused.
RowValues ask(Session& session, const Query& query);
// Several statements, one round trip, under the settings of the session: what is looked up by name
// in them goes behind own_settings().
void tell(Session& session, const std::vector<Query>& queries);

}  // namespace pgtide::ports
