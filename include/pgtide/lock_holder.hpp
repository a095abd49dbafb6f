// Who keeps a run waiting.
#pragma once

#include <string>

namespace pgtide {

// Who holds the run lock, as pg_stat_activity tells it; fields that the login role may not see are
// empty.
struct LockHolder {
  int pid = 0;
  std::string application;
  std::string user;
  std::string client;
  std::string state;
  std::string age;  // of the session, as PostgreSQL prints an interval
  std::string query;
};

}  // namespace pgtide
