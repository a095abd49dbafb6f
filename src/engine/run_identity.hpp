// Who runs, for the log.
#pragma once

#include <string>

namespace pgtide::engine {

struct RunIdentity {
  std::string run_id;  // UUID
  std::string tool_version;
  std::string client_host;
  std::string environment = {};  // `production`; empty when none is chosen
};

}  // namespace pgtide::engine
