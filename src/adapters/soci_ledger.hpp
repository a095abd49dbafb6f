// Reads the ledger through SOCI.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>

#include "adapters/pg_connection.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/ledger_reader.hpp"

namespace pgtide::adapters {

// Owns the main connection. Scripts never go through SOCI, which would rewrite `:name` in them;
// they use `connection()`.
class SociLedger final : public ports::LedgerReader {
 public:
  // Connects. Throws Error(environment). Reading waits no longer than `lock_timeout` for a lock on
  // the ledger's tables; 0: for ever.
  SociLedger(const ConnectOptions& options, LedgerNames names,
             std::chrono::milliseconds lock_timeout);
  ~SociLedger() override;
  SociLedger(const SociLedger&) = delete;
  SociLedger& operator=(const SociLedger&) = delete;

  PGconn* connection() const;

  LedgerSnapshot read(Detail detail) override;
  std::optional<std::string> stored_rollback(const std::string& version_text) override;
  std::unique_ptr<ports::LedgerReader> reconnect(std::chrono::milliseconds patience,
                                                 const ports::Interrupt& interrupt,
                                                 const std::optional<Backend>& lost) override;
  std::vector<LogEntry> history(std::size_t limit) override;
  // Exchanges a lost connection, on which nothing has begun, for a new one; false when the server
  // does not answer within `patience`, or after an interrupt. Nobody may use the old connection()
  // any more.
  bool connect_again(std::chrono::milliseconds patience, const ports::Interrupt& interrupt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgtide::adapters
