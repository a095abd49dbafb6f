// What the round trips of pending pairs do to the rows of a database that is in use.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/round_trip.hpp"

namespace pgtide::engine {

// The tables that hold rows, and those of them that a transaction's scripts may have changed.
class TouchedTables {
 public:
  // Before the transaction.
  void list(ports::Session& session, const LedgerNames& own);
  // Inside it: what it has locked for writing so far.
  void look(ports::Session& session);
  // As `read_rows` names them.
  const std::set<std::string>& names() const { return touched_; }

 private:
  std::map<std::string, std::string> names_;  // by object id
  std::set<std::string> touched_;
};

struct RowTrip {
  const PairScripts* scripts = nullptr;
  PairProof* proof = nullptr;
  bool compared = false;  // else the forward script is only run
};

// Runs the pairs once more, in one transaction that sees nothing of what others commit meanwhile
// and is rolled back, and compares the rows of `tables` before and after each pair. Large tables
// are only counted, very large ones not looked at, and a note says so. Throws Error(environment),
// Error(interrupted).
void compare_pending_rows(ports::Session& session, const ScriptContext& context,
                          const std::vector<RowTrip>& trips, const std::set<std::string>& tables);

}  // namespace pgtide::engine
