// Reads a database's schema through the session that migrates.
#pragma once

#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/schema/snapshot.hpp"
#include "schema/catalog_query.hpp"

namespace pgtide::engine {

// Two round trips, also inside an open transaction, in which own_settings() and ACCESS SHARE locks
// on what views and rules refer to stay behind; sees what that transaction did. `own` names the
// ledger, which is left out. Nothing may be outstanding. What the current role may not read
// (subscriptions, options of user mappings) is missing; all of a server can be
// read as a superuser only. Throws Error(environment); the transaction
// has failed then, and the session can be used.
schema::Snapshot read_schema(ports::Session& session, const LedgerNames& own,
                             schema::Breadth breadth = schema::Breadth::database);

}  // namespace pgtide::engine
