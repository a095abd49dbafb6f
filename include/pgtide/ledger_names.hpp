// The names of pgtide's own tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pgtide/query.hpp"

namespace pgtide {

struct LedgerNames {
  std::string schema = "public";
  std::string table = "migrations";

  std::string log() const { return table + "_log"; }
  // `migration_health` beside a table called `migrations`, as NeuroQuest's monitoring expects it.
  std::string health_view() const {
    return table == "migrations" ? "migration_health" : table + "_health";
  }

  std::string qualified(const std::string& name) const {
    return quote_identifier(schema) + "." + quote_identifier(name);
  }

  // A transaction that changes nothing, whose COMMIT waits until everything that was committed
  // before it is on disk (and with the synchronous standbys). The WAL is flushed in order; but a
  // COMMIT waits only when its transaction wrote some, and a row lock is what writes least and
  // nobody else sees. It returns no row while there is none that it could lock.
  std::vector<std::string> flush_statements() const;

  // Key of the advisory lock: the same for every runner of this ledger in this database, different
  // for any other ledger.
  std::int64_t lock_key(const std::string& database) const;
  // What to do when row level security would hide rows of these tables from the role, which the
  // server then refuses; empty for other messages of the server.
  std::string row_security_hint(const std::string& message) const;
  // Of the advisory lock that every transaction of a run holds to its end. The run lock goes with
  // its client; a transaction that waits in COMMIT, or a statement that still runs, does not.
  std::int64_t transaction_key(const std::string& database) const;
};

}  // namespace pgtide
