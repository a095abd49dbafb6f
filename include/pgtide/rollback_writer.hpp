// Writes rollback scripts from what forward scripts do, and proves them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pgtide/verifier.hpp"

namespace pgtide {

struct RollbackRequest {
  std::string version;      // empty: every migration without a rollback script
  std::string scratch_url;  // as VerifyRequest's
};

// Runs the forward scripts as verify() does. A file is written only with what was proved; what a
// script cannot bring back stands in it as a comment. Never overwrites: throws Error(usage) when
// the version has a rollback script, and what verify() throws.
std::vector<WrittenRollback> write_rollbacks(const Settings& settings,
                                             const RollbackRequest& request,
                                             const VerifyHooks& hooks = {});

// verify(), and beside each broken rollback a corrected one, `0007_rollback.sql.proposed`. One that
// is there from another time is replaced.
std::pair<ProofReport, std::vector<WrittenRollback>> verify_and_propose(
    const Settings& settings, const VerifyRequest& request, const VerifyHooks& hooks = {});

}  // namespace pgtide
