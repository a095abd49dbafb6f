// Reads what pgtide recorded. Writing goes through Session, in the transaction of the migration
// that is recorded.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/ledger.hpp"
#include "pgtide/pooling.hpp"
#include "pgtide/ports/interrupt.hpp"

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
  // After the connection was lost: a reader on a new one, as soon as the server answers, the lost
  // session has ended there and what it committed is on disk, so that what is read is final.
  // nullptr: not within `patience`, or an interrupt. The run's own session stays lost. Behind a
  // pooler `lost` is where the run was last seen.
  virtual std::unique_ptr<LedgerReader> reconnect(std::chrono::milliseconds patience,
                                                  const Interrupt& interrupt,
                                                  const std::optional<Backend>& lost) = 0;
  // Newest first; `limit` 0 means all.
  virtual std::vector<LogEntry> history(std::size_t limit) = 0;
};

}  // namespace pgtide::ports
