// A connection of pgtide's for SOCI.
#pragma once

#include <soci/soci.h>

#include "adapters/pg_connection.hpp"

namespace pgtide::adapters {

// Opens `session` on `connection`, which belongs to it then.
void open_on(soci::session& session, Connection connection);

}  // namespace pgtide::adapters
