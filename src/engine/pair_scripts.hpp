// A migration's scripts, read and judged once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pgtide/catalog.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/ports/scripts.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"

namespace pgtide::engine {

// One script as a step that the executor runs.
struct PairScript {
  Step step;
  sql::ScriptScan scan;
  bool empty = false;                 // comments only: there is nothing to run
  std::optional<Failure> unfit = {};  // it cannot run at all, and why
};

struct PairScripts {
  PairScript forward;
  std::optional<PairScript> rollback;
  std::optional<PairScript> fixture;        // rows that are there once the version is
  std::optional<std::string> irreversible;  // declared so, and why

  bool in_transaction() const;  // all of them can run in one
};

// `fixture_path` is empty when there is none.
PairScripts read_pair(const Migration& migration, const std::string& fixture_path,
                      ports::Scripts& scripts);

// `CREATE ROLE`: commands of both scripts that change what belongs to the whole server, each once.
// What functions and DO blocks do is not seen.
std::vector<std::string> server_commands(const PairScripts& pair, ports::Scripts& scripts);

// A script that is no migration: `version_text` names it in the throw-away ledger.
PairScript read_fixture(const std::string& path, Version version, const std::string& version_text,
                        ports::Scripts& scripts);

}  // namespace pgtide::engine
