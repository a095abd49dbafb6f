// A scratch database that is worked in itself, and made again what it was.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/schema/live_snapshot.hpp"

namespace pgtide::engine {

class OriginState {
 public:
  // The database must be empty but for what others own. Throws Error(environment).
  OriginState(ports::Session& session, LedgerNames own);

  // Drops everything that the role owns in the database and puts back what it had changed of the
  // rest. An interrupt does not stop it. Returns what could not be put back, in words. Throws
  // Error(environment).
  std::vector<std::string> restore(ports::Session& session) const;

 private:
  LedgerNames own_;
  schema::LiveSnapshot schema_;
  std::vector<std::string> settings_;  // of the database: `work_mem=7MB`
};

}  // namespace pgtide::engine
