// Short ways to write catalogs and ledgers.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pgtide/catalog.hpp"
#include "pgtide/ledger.hpp"

namespace core_fixtures {

inline pgtide::LedgerRow applied_row(const std::string& version, const std::string& name = "") {
  pgtide::LedgerRow row{.version = *pgtide::Version::parse(version),
                        .version_text = version,
                        .name = name,
                        .checksum = "",
                        .applied_at = "2024-01-15T09:00:00Z",
                        .execution_time_ms = 12,
                        .success = true,
                        .error = "",
                        .rolled_back_at = "",
                        .rollback_stored = false};
  return row;
}

inline pgtide::LedgerRow failed_row(const std::string& version) {
  pgtide::LedgerRow row = applied_row(version);
  row.success = false;
  row.error = "syntax error";
  return row;
}

inline pgtide::LedgerRow rolled_back_row(const std::string& version) {
  pgtide::LedgerRow row = applied_row(version);
  row.rolled_back_at = "2024-01-15T10:00:00Z";
  return row;
}

inline pgtide::LedgerSnapshot ledger(std::vector<pgtide::LedgerRow> rows) {
  pgtide::LedgerSnapshot snapshot;
  snapshot.shape.table_exists = true;
  snapshot.rows = std::move(rows);
  return snapshot;
}

inline std::vector<pgtide::ScriptFile> files(const std::string& folder,
                                             const std::vector<std::string>& names) {
  std::vector<pgtide::ScriptFile> out;
  for (const std::string& name : names) out.push_back({name, folder + "/" + name, true});
  return out;
}

inline pgtide::Catalog catalog_from(const std::vector<std::string>& forward,
                                    const std::vector<std::string>& rollback) {
  return pgtide::build_catalog("migrations", files("migrations/sql", forward),
                               files("migrations/rollback", rollback));
}

// Every forward script with its partner.
inline pgtide::Catalog catalog_of(const std::vector<std::string>& forward) {
  std::vector<std::string> rollback;
  for (const std::string& name : forward)
    rollback.push_back(name.substr(0, name.find('_')) + "_rollback.sql");
  return catalog_from(forward, rollback);
}

}  // namespace core_fixtures
