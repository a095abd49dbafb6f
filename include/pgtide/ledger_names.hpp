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
};

}  // namespace pgtide
