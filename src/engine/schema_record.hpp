// What the schema was when a run ended, kept in the log.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/run_identity.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/schema/snapshot.hpp"
#include "pgtide/schema_drift.hpp"

namespace pgtide::engine {

struct RecordedSchema {
  std::string version;
  std::string recorded_at;
  std::string fingerprint;
  std::optional<schema::Snapshot> schema;  // left out of the log when it is very large
};

// The newest record, or the newest of a version; nullopt when there is none. The log must exist.
std::optional<RecordedSchema> recorded_schema(ports::Session& session, const LedgerNames& names,
                                              const std::optional<std::string>& version);

// The schema as it is, without waiting long for anybody's lock. In a transaction of its own.
schema::Snapshot read_schema_politely(ports::Session& session, const LedgerNames& names,
                                      std::chrono::milliseconds lock_timeout);

// Appends a row to the log, in a transaction of its own.
void record_schema(ports::Session& session, const LedgerNames& names, const RunIdentity& run,
                   const std::string& version, const schema::Snapshot& schema);

SchemaDrift drift_from(const RecordedSchema& recorded, const schema::Snapshot& now);

}  // namespace pgtide::engine
