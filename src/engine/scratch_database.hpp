// Whether a database may be used for a proof.
#pragma once

#include <string>

#include "engine/session_sql.hpp"
#include "pgtide/ports/databases.hpp"

namespace pgtide::engine {

// Throws Error(usage) when the origin holds anything of anybody's, with what that is, and
// Error(environment) when copies of it may not be made.
void require_scratch(ports::Databases& databases);

// `PostgreSQL 15.10`
std::string server_name(ports::Databases& databases);

// What a run's settings take for granted: the role and the schemas that it works with.
void prepare_for(ports::Session& session, const std::string& role, const std::string& schema);

}  // namespace pgtide::engine
