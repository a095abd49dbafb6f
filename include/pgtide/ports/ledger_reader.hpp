// Reads what pgtide recorded. Writing goes through Session, in the transaction of the migration
// that is recorded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/ledger.hpp"

namespace pgtide::ports {

// Every function throws Error(environment). None of them writes or leaves a transaction open.
class LedgerReader {
 public:
  virtual ~LedgerReader() = default;
  enum class Detail {
    states,  // enough to plan an `up`: times and stored scripts are left out
    complete
  };
  // Tables that do not exist yet give an empty snapshot.
  virtual LedgerSnapshot read(Detail detail) = 0;
  // The rollback script that was stored when the version was last applied; nullopt when there is
  // none. `version_text` as the ledger row spells it.
  virtual std::optional<std::string> stored_rollback(const std::string& version_text) = 0;
  // Newest first; `limit` 0 means all.
  virtual std::vector<LogEntry> history(std::size_t limit) = 0;
};

}  // namespace pgtide::ports
