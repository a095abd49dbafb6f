// From ledger state to target: what would run, decided once.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pgtide/catalog.hpp"
#include "pgtide/error.hpp"
#include "pgtide/ledger.hpp"

namespace pgtide {

enum class State {
  pending,
  applied,
  failed,
  rolled_back,
  in_progress,
  changed,
  missing,
  out_of_order
};
std::string_view to_string(State state);

// Where the script that leads back would come from.
enum class RollbackState {
  ready,        // a file
  stored,       // no file, but the ledger keeps the script
  missing,      // neither
  irreversible  // declared so by a directive
};
std::string_view to_string(RollbackState state);

// One version as both sides see it. `migration` is null when the file is gone, `row` when the
// ledger knows nothing of it.
struct VersionStatus {
  Version version;
  std::string version_text;  // the file's digits, or the row's
  std::string name;
  State state = State::pending;
  RollbackState rollback = RollbackState::missing;
  const Migration* migration = nullptr;
  const LedgerRow* row = nullptr;
};

// Every version of the catalog and of the ledger, ascending. The pointers point into the arguments.
// `irreversible` lists versions whose scripts declare it. Missing forward checksums count as
// unchanged.
std::vector<VersionStatus> assess(const Catalog& catalog, const LedgerSnapshot& ledger,
                                  const std::vector<Version>& irreversible = {});

// Where a run is to end.
struct ToNewest {};
struct ToVersion {
  std::string text;  // as the user typed it
};
struct BySteps {
  std::size_t count = 1;
};
struct ToEmpty {};  // `down 0`
struct Exactly {    // rollback only: these and no others
  std::vector<Version> versions;
  std::string why_none = "all of it is rolled back already";  // said when `versions` is empty
};
using Target = std::variant<ToNewest, ToVersion, BySteps, ToEmpty, Exactly>;

enum class OutOfOrder { refuse, allow };
enum class DatabaseAhead { warn, error };

struct PlanPolicy {
  OutOfOrder out_of_order = OutOfOrder::refuse;
  DatabaseAhead database_ahead = DatabaseAhead::warn;
};

enum class ScriptOrigin { file, ledger };

// One migration, one direction.
struct Step {
  Direction direction = Direction::up;
  Version version{1};
  std::string version_text;  // as the ledger row spells it, or as it will
  std::string name;
  ScriptOrigin origin = ScriptOrigin::file;
  std::string path;           // the script's path; for a stored script what to call it in messages
  std::string rollback_path;  // up only: the rollback script to store; empty when there is none
  std::optional<Progress> resume = {};  // the script was begun and goes on from there
};

struct Plan {
  Direction direction = Direction::up;
  std::vector<Step> steps;                // in the order in which they run
  std::vector<std::string> notices;       // worth saying, no reason to stop
  std::vector<Problem> problems;          // not empty: nothing may run, `steps` is empty
  std::size_t applied = 0;                // versions that are applied now
  std::optional<Version> current;         // newest of them
  std::vector<Version> applied_versions;  // the same versions, ascending

  // The newest applied version once the first `count` steps are done.
  std::optional<Version> current_after(std::size_t count) const;
};

// Forward steps. Problems: a target that exists nowhere (with the nearest versions), a pending
// version below an applied one (both named), applied files that changed (all of them), an applied
// file that is missing between existing ones, a database ahead of the directory when the policy
// says so.
Plan plan_up(const Catalog& catalog, const LedgerSnapshot& ledger, const Target& target,
             const PlanPolicy& policy);

// Rollback steps, newest first: every applied version above the target. Problems: a target that
// exists nowhere, a version without a way back. `Target` may not be ToNewest.
// `irreversible`: versions that declare that there is no way back, and why.
Plan plan_down(const Catalog& catalog, const LedgerSnapshot& ledger, const Target& target,
               const std::map<Version, std::string>& irreversible = {});

}  // namespace pgtide
