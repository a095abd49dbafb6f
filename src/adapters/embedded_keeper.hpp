// Starting a server that outlives the process that started it, but not its last user.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "adapters/embedded_place.hpp"

namespace pgtide {

// Starts `argv` with its output appended to the place's log file, in a session of its own, and
// beside it a keeper: a process that does nothing until the last holder is gone, in whatever way,
// and then stops the server if nobody else did. Call under the start lock. Returns the server's
// process number. Throws Error(environment).
pid_t launch_kept_server(const ServerPlace& place, std::vector<std::string> argv);

}  // namespace pgtide
