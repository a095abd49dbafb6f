// What pg_dump and its kind are told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pgtide/conninfo.hpp"

namespace pgtide {

// A connection as another program gets it: what may be seen in a list of processes, and the
// password apart.
struct Handover {
  std::map<std::string, std::string> parts;
  std::string password;

  std::string conninfo(const std::string& database) const;
  std::vector<std::string> environment() const;
};

Handover handover_of(const ConnectionTarget& target);

// What libpq would connect to.
std::string database_of(const Handover& handover);

}  // namespace pgtide
