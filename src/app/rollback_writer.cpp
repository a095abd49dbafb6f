#include "pgtide/rollback_writer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "adapters/script_files.hpp"
#include "app/proof_run.hpp"
#include "core/wording.hpp"

namespace pgtide {
namespace {

namespace fs = std::filesystem;
using engine::DraftScripts;
using engine::RollbackDraft;

std::string why_not(const RollbackDraft& draft) {
  if (draft.text.empty())
    return "the forward script changes rows only: what undoes it, nobody but you can know";
  if (draft.proof.verdict == Verdict::rollback_failed) {
    return "what undoes it could not be worked out: the script fails";
  }
  return "what undoes it could not be worked out";
}

WrittenRollback written(const RollbackDraft& draft, const std::string& path) {
  WrittenRollback result{.losses = draft.losses, .proof = draft.proof};
  if (!engine::is_worth_writing(draft)) {
    result.reason = why_not(draft);
    return result;
  }
  adapters::write_new_file(path, draft.text);
  result.path = path;
  result.proof.rollback_path = path;
  return result;
}

std::string rollback_path(const Settings& settings, const PairProof& pair) {
  return joined_path(settings.dir, "rollback/" + pair.version_text + "_rollback.sql");
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) {
    throw Error(ErrorKind::environment,
                fmt::format("cannot make the folder of {}: {}", path, error.message()));
  }
}

// Only what has none yet.
void choose_missing(const Catalog& catalog, const std::string& asked_for,
                    std::set<Version>& judged) {
  for (const Migration& migration : catalog.migrations) {
    if (migration.rollback_path.empty() || !judged.contains(migration.version)) continue;
    if (!asked_for.empty()) {
      throw Error(ErrorKind::usage,
                  fmt::format("{} has a rollback script already: {}", migration.version_text,
                              migration.rollback_path),
                  fmt::format("`pgtide verify {} --fix` proves it, and proposes another one beside "
                              "it when it is broken",
                              migration.version_text));
    }
    judged.erase(migration.version);
  }
}

}  // namespace

std::vector<WrittenRollback> write_rollbacks(const Settings& settings,
                                             const RollbackRequest& request,
                                             const VerifyHooks& hooks) {
  Drafting drafting{.pairs = DraftScripts::For::every_pair,
                    .choose = [&](const Catalog& catalog, std::set<Version>& judged) {
                      choose_missing(catalog, request.version, judged);
                    }};
  const ProofReport report = run_proof(settings,
                                       {.range = request.version,
                                        .way_down = WayDown::pairs_only,
                                        .scratch_url = request.scratch_url},
                                       hooks, &drafting);
  std::vector<WrittenRollback> results;
  for (const RollbackDraft& draft : drafting.drafts) {
    const std::string path = rollback_path(settings, draft.proof);
    make_folder(path);
    results.push_back(written(draft, path));
  }
  // Of a forward script that fails there is nothing to undo.
  for (const PairProof& pair : report.migrations) {
    if (pair.verdict != Verdict::up_failed) continue;
    results.push_back({.reason = "the forward script fails", .proof = pair});
  }
  return results;
}

std::pair<ProofReport, std::vector<WrittenRollback>> verify_and_propose(
    const Settings& settings, const VerifyRequest& request, const VerifyHooks& hooks) {
  Drafting drafting{.pairs = DraftScripts::For::findings};
  ProofReport report = run_proof(settings, request, hooks, &drafting);
  std::vector<WrittenRollback> results;
  for (const RollbackDraft& draft : drafting.drafts) {
    const std::string path = rollback_path(settings, draft.proof) + ".proposed";
    make_folder(path);
    std::error_code ignored;
    if (engine::is_worth_writing(draft)) fs::remove(path, ignored);
    results.push_back(written(draft, path));
  }
  return {std::move(report), std::move(results)};
}

}  // namespace pgtide
