// Snapshots of a test's database.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ledger_names.hpp"
#include "pgtide/schema/difference.hpp"
#include "pgtide/schema/live_snapshot.hpp"
#include "support/db_server.hpp"

namespace pgtide::testing {

// A session that reads snapshots and runs a test's SQL, in one transaction where it says BEGIN.
class SnapshotSession {
 public:
  explicit SnapshotSession(const std::string& conninfo);
  ~SnapshotSession();
  SnapshotSession(const SnapshotSession&) = delete;
  SnapshotSession& operator=(const SnapshotSession&) = delete;

  void run(const std::string& sql);
  std::string value(const std::string& sql);
  schema::Snapshot read(const LedgerNames& own = {});
  schema::LiveSnapshot read_live();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

schema::Snapshot snapshot_of(const Database& database);
// A line a difference, as describe() says it.
std::string described(const schema::Snapshot& before, const schema::Snapshot& after);
// A line an attribute: `column public.t.a: type=integer`.
std::string text_of(const schema::Snapshot& snapshot);

}  // namespace pgtide::testing
