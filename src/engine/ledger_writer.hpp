// The statements that write the ledger. Pure: they are sent by whoever owns the transaction they
// belong to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/run_identity.hpp"
#include "pgtide/ledger.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/query.hpp"
#include "pgtide/report.hpp"

namespace pgtide::engine {

// A rollback script as the log keeps it.
struct StoredScript {
  std::string text;
  std::string checksum;
};

// A statement that is journalled, and what tells later whether the script is still the same up to
// there: see sql::StatementChain.
struct JournalledStatement {
  std::size_t number = 0;  // from 1
  std::size_t of = 0;
  std::string sum_before = {};  // of the statements before it
  std::string sum = {};         // of these and itself
};

// The statement that a script stopped at.
struct FailedAt {
  std::size_t number = 0;  // from 1
  std::size_t of = 0;
  bool refused = false;  // the server answered that it failed, outside of a transaction
  std::optional<BatchProgress> batches = {};  // of it that are committed
};

class LedgerWriter {
 public:
  // What a row must say before it is written. A proof runs scripts again that its own throw-away
  // ledger has as applied, to see what they do then.
  enum class Before { as_planned, anything };
  LedgerWriter(LedgerNames names, LedgerShape shape, RunIdentity run,
               Before before = Before::as_planned)
      : names_(std::move(names)), shape_(shape), run_(std::move(run)), before_(before) {}

  // Creates what is missing of schema, tables and view, and replaces an old view; empty when all is
  // there.
  std::vector<Query> create() const;

  // Every function below makes one statement, under own_settings(), that fails with
  // division_by_zero (22012) when the rows were not written as meant: the version's row was not
  // what it was taken for, or somebody's trigger, rule or policy came between.

  // The following return one row with the duration in milliseconds. An absent `duration_ms` means:
  // from the start of the transaction to now, by the server's clock.
  Query applied(const Step& step, const std::string& checksum,
                const std::optional<StoredScript>& rollback,
                std::optional<std::int64_t> duration_ms) const;
  Query rolled_back(const Step& step, const std::string& checksum,
                    std::optional<std::int64_t> duration_ms) const;

  // Also when another run has recorded anything since the row `last_event` of the log. Right under
  // any settings.
  Query unchanged_since(std::int64_t last_event) const;

  // The journal of a script that runs outside transactions. begun() also gives the version a row,
  // marked as not successful.
  Query begun(const Step& step, const std::string& checksum, std::size_t statements) const;
  // `before`: ids of the objects that were there already, separated by blanks.
  Query statement_started(const Step& step, const std::string& checksum,
                          const JournalledStatement& at, const std::string& before) const;
  Query statement_done(const Step& step, const std::string& checksum, const JournalledStatement& at,
                       std::uint64_t rows) const;

  // A failed `up` marks the version as failed. A failed `down` leaves it applied, which it still
  // is, and notes the error. `at`: of a script that runs statement by statement.
  Query failed(const Step& step, const std::string& checksum, const std::string& error,
               std::int64_t duration_ms, const std::optional<FailedAt>& at = {}) const;

  // What an operator knows: the version is applied (`event` is baselined or resolved), or it is
  // not. `was`: what its row must say; one that is half rolled back still says applied.
  enum class Was { not_applied, applied };
  Query recorded_as_applied(const Step& step, const std::string& checksum,
                            const std::optional<StoredScript>& rollback, LogEvent event,
                            Was was) const;
  Query recorded_as_rolled_back(const Step& step) const;
  Query repaired(const Step& step, const std::string& checksum,
                 const std::optional<StoredScript>& rollback) const;
  Query marked_good(const Step& step) const;

 private:
  struct LogRow;
  std::string now() const;
  const char* while_applied_sql() const;
  const char* while_not_applied_sql() const;
  std::string table() const { return names_.qualified(names_.table); }
  std::string log() const { return names_.qualified(names_.log()); }
  Query upsert_applied(const Step& step, const std::string& checksum,
                       const std::optional<StoredScript>& rollback,
                       std::optional<std::int64_t> duration_ms, LogEvent event, Was was) const;
  Query while_applied(const Step& step) const;
  Query while_not_done(const Step& step, std::size_t number) const;
  LogRow journal_row(const Step& step, const std::string& checksum, LogEvent event,
                     const std::string& detail) const;
  std::string health_view() const;
  Query replace_health_view() const;
  Param detail_with_environment(const LogRow& row) const;
  void append_log_insert(Query& query, const LogRow& row) const;

  LedgerNames names_;
  LedgerShape shape_;
  RunIdentity run_;
  Before before_;
};

}  // namespace pgtide::engine
