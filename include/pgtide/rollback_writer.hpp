// Writes rollback scripts from what forward scripts do, and proves them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pgtide/verifier.hpp"

namespace pgtide {

struct RollbackRequest {
  std::string version;      // empty: every migration without a rollback script
  std::string scratch_url;  // as VerifyRequest's
};

// Called for each as soon as its file is written, or is known not to be.
using WrittenObserver = std::function<void(const WrittenRollback&)>;

// Runs the forward scripts as verify() does. A file is written once its script was tried; what a
// script cannot bring back stands in it as a comment, and a verdict other than `proved` as the
// line `NOT PROVED`. Never overwrites but a template of generate_pair() that nobody has
// touched: throws Error(usage) when the version has a rollback script, and what verify() throws.
std::vector<WrittenRollback> write_rollbacks(const Settings& settings,
                                             const RollbackRequest& request,
                                             const VerifyHooks& hooks = {},
                                             const WrittenObserver& on_written = {});

// The rollback scripts whose head says that they could not be proved.
std::vector<Problem> unproved_rollbacks(const std::string& directory);

// verify(), and beside each broken rollback a corrected one, `0007_rollback.sql.proposed`. One that
// is there from another time is replaced.
std::pair<ProofReport, std::vector<WrittenRollback>> verify_and_propose(
    const Settings& settings, const VerifyRequest& request, const VerifyHooks& hooks = {});

}  // namespace pgtide
