// From a request to a report: plan, judge the scripts, lock, plan again, execute.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "engine/executor.hpp"
#include "engine/ports.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

struct RunnerOptions {
  LedgerNames names;
  SessionSettings settings;
  std::chrono::milliseconds lock_wait{60000};
  std::size_t lock_retries = 10;
  RunIdentity run;
  // With the run lock held, once the plan is final; never for a dry run. What it throws stops the
  // run before anything happens. Behind a pooler in transaction mode no lock can be held meanwhile,
  // and a plan that is made again because another runner came between is shown again.
  std::function<void(const PreparedRun&)> before_run = {};
  // See ExecutorOptions.
  Losses losses = Losses::allowed;
  std::function<void(std::size_t)> after_step = {};
};

class Runner {
 public:
  Runner(Ports ports, RunnerOptions options) : ports_(ports), options_(std::move(options)) {}

  // Reads ledger and directory and plans; runs nothing and takes no lock. Throws
  // Error(invalid_input) with every problem of directory, plan and scripts, Error(environment) for
  // a server that cannot be migrated.
  PreparedRun prepare(const RunRequest& request);

  // Runs what was prepared. Behind a pooler in transaction mode every transaction takes the lock
  // anew; when another runner comes between, an `up` makes its plan again and goes on, a `down`
  // that has done something stops. Else: with nothing to run, no lock is taken. Under the lock the
  // plan is made again: an `up` follows what has changed since, a `down` refuses, because somebody
  // confirmed other steps. `prepared` becomes what is run. Throws ports::ConnectionLost for a
  // connection that is lost before RunnerOptions::before_run; what is lost later is settled by the
  // ledger and reported.
  Report execute(PreparedRun& prepared);

 private:
  Plan plan(const RunRequest& request, const Catalog& catalog, const LedgerSnapshot& ledger) const;
  void check_version_width(Plan& plan, const LedgerShape& shape) const;
  std::vector<sql::ScriptScan> judge_scripts(const Plan& plan, Finish finish,
                                             const ServerFacts& server);
  bool leads_to_granted_role(const std::string& change) const;
  void judge_roles(const Step& step, sql::ScriptScan& scan, std::vector<Problem>& problems) const;
  Catalog read_catalog(const RunRequest& request, const LedgerSnapshot& ledger);
  LedgerSnapshot read_ledger(Direction direction);
  PreparedRun prepare(const RunRequest& request, LedgerSnapshot ledger);
  void prepare_again(PreparedRun& prepared);
  void refuse_what_needs_a_session(const PreparedRun& prepared) const;
  Report execute_in_turns(PreparedRun& prepared);
  Pooling pooling_of(const PreparedRun& prepared) const;
  Report nothing_to_do(const PreparedRun& prepared) const;
  Report run(const PreparedRun& prepared, std::optional<Query> fence);

  Ports ports_;
  RunnerOptions options_;
  std::set<std::string> remarked_;  // scripts that were remarked on
  bool came_too_late_ = false;      // the last run(); see Executor
};

// Refuses servers that are too old, and standbys when something is to be written.
enum class Access { read, write };
void require_server(const ServerFacts& server, Access access);

}  // namespace pgtide::engine
