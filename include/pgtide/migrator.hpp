// Migrations for a C++ program: what the command line does, as functions.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pgtide/backup.hpp"
#include "pgtide/catalog.hpp"
#include "pgtide/ledger.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/run_request.hpp"
#include "pgtide/schema_drift.hpp"
#include "pgtide/settings.hpp"
#include "pgtide/status.hpp"
#include "pgtide/way_back.hpp"

namespace pgtide {

// Neither is owned; both must outlive the Migrator.
struct MigratorHooks {
  ports::Observer* observer = nullptr;
  const ports::Interrupt* interrupt = nullptr;
  // Called with the run lock held, once the plan is final and before anything runs; never for a dry
  // run or when there is nothing to do. An exception stops the run.
  std::function<void(const PreparedRun&)> before_run = {};
  // With Settings::backup enabled the backup follows before_run; without one the run does not
  // start.
  BackupProgress backup_progress = {};
  std::function<void(const Backup&)> backed_up = {};
};

// One database and one migrations directory.
//
//   pgtide::Settings settings;
//   settings.url = "postgresql://app@localhost/app";
//   settings.dir = "migrations";
//   pgtide::Migrator migrator(settings);
//   pgtide::Report report = migrator.up();
//   if (report.failure) …
//
// Connects on construction, with a session of its own that it closes on destruction. Not
// thread-safe. Functions throw pgtide::Error; a migration that fails is no exception but
// `Report::failure`. After an exception of kind `environment` the connection may be gone; make a
// new Migrator. No function leaves a transaction open.
class Migrator {
 public:
  explicit Migrator(const Settings& settings, const MigratorHooks& hooks = {});
  ~Migrator();
  Migrator(Migrator&&) noexcept;
  Migrator& operator=(Migrator&&) noexcept;

  // Plans and reads the scripts; changes nothing. Throws Error(invalid_input) with every problem.
  PreparedRun prepare(const RunRequest& request);
  // Runs a prepared plan; every migration is its own transaction unless the request says otherwise.
  Report execute(PreparedRun prepared);

  // What the scripts will take away, for who is asked before they run. Reads only.
  Foresight foresee(const PreparedRun& prepared);

  // Runs what an `up` would apply up, down and up again, and rolls everything back. Nothing
  // commits.
  ProofReport prove_pending(const PreparedRun& prepared);

  // prepare and execute in one.
  Report up(const Target& target = ToNewest{});
  Report down(const Target& target);

  // Reads only; works on a standby and before the ledger exists.
  StatusReport status();
  // The log, newest first; 0 means all of it.
  std::vector<LogEntry> history(std::size_t limit = 0);

  // What an operator knows. Each records its versions in one transaction with a log event, runs no
  // script, and returns what it recorded.
  std::vector<Step> baseline(const std::string& version);
  std::vector<Step> resolve_applied(const std::string& version);
  std::vector<Step> resolve_rolled_back(const std::string& version);
  // Applied migrations whose files changed; repair() records the files' checksums as they are now.
  std::vector<Step> changed();
  std::vector<Step> repair();

  // Notes a version as one to go back to, the current one when none is given. Needs no directory.
  std::vector<Step> mark_good(const std::optional<std::string>& version = std::nullopt);
  // Where an emergency rollback leads; see way_back.hpp. Reads only, and needs no directory.
  WayBack last_good();
  WayBack last_run();

  // The schema as it is now, without pgtide's own tables.
  schema::Snapshot schema();
  // The schemas of it that no script of this ledger's works in: they are neither in the search_path
  // nor the ledger's, and no script that ran names them.
  std::set<std::string> neighbours(const schema::Snapshot& live);
  // Compares the project's own schemas with what record_schema() kept last. Nothing is known when
  // nothing was kept, or when the ledger has moved on since.
  SchemaDrift drift_from_record();
  // Compares it with what was kept last while the version was current that is current now.
  SchemaDrift drift_from_current();
  // Appends the schema's fingerprint and, unless it is very large, the schema itself to the log.
  // Nothing when there is no log yet.
  void record_schema();
  // From now on execute() does so, too: before an `up` whose start is not in the log yet, and after
  // each of its migrations but the last, so that a rollback to any of them can be compared. Not in
  // runs of more than 20 migrations, whose speed it would cost, nor in one transaction.
  void record_levels();

  // UUID that everything this object writes to the log carries.
  const std::string& run_id() const;
  // Connection parameters that were left out, and the like; for people.
  const std::vector<std::string>& notices() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Every problem of a migrations directory, without a database. Throws Error(invalid_input) when
// there is no directory.
std::vector<Problem> validate_directory(const std::string& directory);

// Writes the next pair of scripts from templates. Throws Error(usage) for a name of which nothing
// usable is left, and when a file exists; makes the directory when it is missing.
struct GeneratedPair {
  std::string version;
  std::string forward_path;
  std::string rollback_path;
};
GeneratedPair generate_pair(const std::string& directory, const std::string& name);

}  // namespace pgtide
