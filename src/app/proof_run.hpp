// One run of the prover, for those who want more of it than the report.
#pragma once

#include <functional>
#include <set>

#include "engine/rollback_drafts.hpp"
#include "pgtide/catalog.hpp"
#include "pgtide/verifier.hpp"

namespace pgtide {

struct Drafting {
  engine::DraftScripts::For pairs = engine::DraftScripts::For::every_pair;
  // Takes out of `judged` what is not asked for; called before anything runs.
  std::function<void(const Catalog& catalog, std::set<Version>& judged)> choose = {};
  // Gets each draft once it was proved; may throw.
  std::function<void(engine::RollbackDraft)> take = {};
};

// As verify(); `drafting` may be null.
ProofReport run_proof(const Settings& settings, const VerifyRequest& request,
                      const VerifyHooks& hooks, Drafting* drafting);

}  // namespace pgtide
