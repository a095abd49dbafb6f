// What the database keeps for a rollback whose file has become another one.
#pragma once

#include "pgtide/ports/ledger_reader.hpp"
#include "pgtide/ports/scripts.hpp"
#include "pgtide/report.hpp"

namespace pgtide {

// Adds to the hint of a failed rollback that came from a file, where the script that was stored
// when the version was applied is another one. Asks the ledger, in no transaction, only then.
void advise_stored_rollback(Report& report, ports::LedgerReader& ledger, ports::Scripts& scripts);

}  // namespace pgtide
