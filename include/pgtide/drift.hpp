// Whether a database's schema is what pgtide left.
#pragma once

#include "pgtide/effective_settings.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/schema_drift.hpp"

namespace pgtide {

class Migrator;

// Replays the applied versions on a private server that is made for it and compares. Owners and
// grants are left out: the replay has other roles. Throws Error(invalid_input) when a forward
// script is missing or fails there, Error(environment).
SchemaDrift drift_from_replay(Migrator& migrator, const Settings& settings,
                              const ports::Interrupt& interrupt);

}  // namespace pgtide
