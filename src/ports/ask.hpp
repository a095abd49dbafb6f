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
// As ask(), in a transaction that `begin` begins and that is rolled back; one round trip.
RowValues ask_apart(Session& session, const std::vector<Query>& begin, const Query& query);

}  // namespace pgtide::ports
