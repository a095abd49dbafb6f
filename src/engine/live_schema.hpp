// Reads a database's schema with what tells its objects from others of the same looks.
#pragma once

#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/schema/live_snapshot.hpp"
#include "schema/catalog_query.hpp"

namespace pgtide::engine {

// As read_schema().
schema::LiveSnapshot read_live_schema(ports::Session& session, const LedgerNames& own,
                                      schema::Breadth breadth = schema::Breadth::database);

}  // namespace pgtide::engine
