// Reads a database's schema through the session that migrates.
#pragma once

#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/schema/snapshot.hpp"

namespace pgtide::engine {

// One round trip, also inside an open transaction, which it leaves as it found it; sees what that
// transaction did. `own` names the ledger, which is left out. Nothing may be outstanding. Throws
// Error(environment).
schema::Snapshot read_schema(ports::Session& session, const LedgerNames& own);

}  // namespace pgtide::engine
