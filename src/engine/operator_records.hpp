// What an operator knows and the ledger does not: baseline, resolve, repair, mark-good.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger_writer.hpp"
#include "engine/ports.hpp"
#include "engine/runner.hpp"

namespace pgtide::engine {

// Each function reads ledger and directory under the run lock, writes in one transaction, and
// returns the versions that it recorded. Throws Error(invalid_input) when what is asked for does
// not fit the ledger; nothing is written then.
class OperatorRecords {
 public:
  OperatorRecords(Ports ports, RunnerOptions options)
      : ports_(ports), options_(std::move(options)) {}

  // Every pending migration up to `version` counts as applied; nothing runs.
  std::vector<Step> baseline(const std::string& version);
  std::vector<Step> resolve_applied(const std::string& version);
  std::vector<Step> resolve_rolled_back(const std::string& version);

  // The version (the current one when none is given) is one to go back to. Looks at no directory.
  std::vector<Step> mark_good(const std::optional<std::string>& version);

  // The applied migrations whose file has another checksum than the ledger.
  std::vector<Step> changed();
  // Records the checksums of the files as they are now, and their rollback scripts.
  std::vector<Step> repair();

 private:
  struct View;
  // Throws when the ledger cannot be read or written.
  LedgerSnapshot usable_ledger();
  View look();
  struct Refused {
    std::size_t place = 0;  // among the queries
    ports::ServerMessage error;
  };
  // Sends them in one pipeline.
  std::optional<Refused> first_error(const std::vector<Query>& queries);
  void write(const View& view, const std::vector<Query>& queries);
  std::vector<Step> record_as_applied(const View& view,
                                      const std::vector<const VersionStatus*>& chosen,
                                      LogEvent event);
  const VersionStatus& named(const View& view, const std::string& version) const;
  LedgerWriter writer(const View& view) const;

  Ports ports_;
  RunnerOptions options_;
};

}  // namespace pgtide::engine
