// The names of pgtide's own tables.
#pragma once

#include <cstdint>
#include <string>

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

  // Key of the advisory lock: the same for every runner of this ledger in this database, different
  // for any other ledger.
  std::int64_t lock_key(const std::string& database) const;
};

}  // namespace pgtide
