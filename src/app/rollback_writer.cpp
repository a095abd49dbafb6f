#include "pgtide/rollback_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "adapters/script_files.hpp"
#include "app/pair_template.hpp"
#include "app/proof_run.hpp"
#include "core/wording.hpp"

namespace pgtide {
namespace {

namespace fs = std::filesystem;
using engine::DraftScripts;
using engine::RollbackDraft;

std::string why_not(const RollbackDraft& draft) {
  switch (draft.silence) {
    case engine::Silence::rows_only:
      return "the forward script changes rows only: what undoes it, nobody but you can know";
    case engine::Silence::unseen:
      return "what the forward script changes does not show in the schema: what undoes it, nobody "
             "but you can know";
    case engine::Silence::none:
      break;
  }
  if (draft.proof.verdict == Verdict::rollback_failed) {
    return "what undoes it could not be worked out: the script fails";
  }
  return "what undoes it could not be worked out";
}

std::string whole_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A template that nobody has written into is no script, and makes room for one.
void write_script(const std::string& path, const std::string& text) {
  if (!fs::exists(path) || !is_untouched_rollback(whole_text(path))) {
    return adapters::write_new_file(path, text);
  }
  const std::string whole = path + ".new";
  adapters::write_new_file(whole, text);
  fs::rename(whole, path);
}

WrittenRollback written(const RollbackDraft& draft, const std::string& path) {
  WrittenRollback result{.losses = draft.losses, .proof = draft.proof};
  if (!engine::is_worth_writing(draft)) {
    result.reason = why_not(draft);
    return result;
  }
  write_script(path, draft.text);
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

bool has_rollback(const Migration& migration) {
  return !migration.rollback_path.empty() &&
         !is_untouched_rollback(whole_text(migration.rollback_path));
}

// Only what has none yet.
void choose_missing(const Catalog& catalog, const std::string& asked_for,
                    std::set<Version>& judged) {
  for (const Migration& migration : catalog.migrations) {
    if (!has_rollback(migration) || !judged.contains(migration.version)) continue;
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
                                             const VerifyHooks& hooks,
                                             const WrittenObserver& on_written) {
  std::vector<WrittenRollback> results;
  const auto add = [&](WrittenRollback result) {
    if (on_written) on_written(result);
    results.push_back(std::move(result));
  };
  std::map<Version, std::string> templates;
  Drafting drafting{.pairs = DraftScripts::For::every_pair,
                    .choose =
                        [&](const Catalog& catalog, std::set<Version>& judged) {
                          choose_missing(catalog, request.version, judged);
                          for (const Migration& one : catalog.migrations) {
                            if (judged.contains(one.version)) {
                              templates[one.version] = one.rollback_path;
                            }
                          }
                        },
                    .take =
                        [&](RollbackDraft draft) {
                          std::string path = templates[draft.proof.version];
                          if (path.empty()) path = rollback_path(settings, draft.proof);
                          make_folder(path);
                          add(written(draft, path));
                        }};
  const VerifyRequest proof{.range = request.version,
                            .way_down = WayDown::pairs_only,
                            .scratch_url = request.scratch_url};
  ProofReport report;
  try {
    report = run_proof(settings, proof, hooks, &drafting);
  } catch (const Error& error) {
    const auto files =
        std::ranges::count_if(results, [](const auto& one) { return !one.path.empty(); });
    if (error.kind() != ErrorKind::interrupted || files == 0) throw;
    throw Error(ErrorKind::interrupted,
                fmt::format("stopped; {} written",
                            counted(static_cast<std::size_t>(files), "rollback script")))
        .with_signal(hooks.interrupt != nullptr ? hooks.interrupt->signal() : 0);
  }
  // Of a forward script that fails there is nothing to undo.
  for (const PairProof& pair : report.migrations) {
    if (pair.verdict != Verdict::up_failed) continue;
    add({.reason = "the forward script fails", .proof = pair});
  }
  return results;
}

std::pair<ProofReport, std::vector<WrittenRollback>> verify_and_propose(
    const Settings& settings, const VerifyRequest& request, const VerifyHooks& hooks) {
  std::vector<WrittenRollback> results;
  Drafting drafting{.pairs = DraftScripts::For::findings, .take = [&](RollbackDraft draft) {
                      const std::string path = rollback_path(settings, draft.proof) + ".proposed";
                      make_folder(path);
                      std::error_code ignored;
                      if (engine::is_worth_writing(draft)) fs::remove(path, ignored);
                      results.push_back(written(draft, path));
                    }};
  ProofReport report = run_proof(settings, request, hooks, &drafting);
  return {std::move(report), std::move(results)};
}

std::vector<Problem> unproved_rollbacks(const std::string& directory) {
  adapters::ScriptFiles scripts(directory, nullptr);
  std::vector<Problem> notes;
  for (const Migration& migration : scripts.catalog({}).migrations) {
    if (migration.rollback_path.empty()) continue;
    const std::string verdict =
        engine::unproved_verdict(*scripts.open_file(migration.rollback_path));
    if (verdict.empty()) continue;
    notes.push_back({.where = {migration.rollback_path, 0, 0},
                     .message = "pgtide wrote it and could not prove it: " + verdict,
                     .hint = fmt::format("decide what its notes say; once `pgtide verify {}` says "
                                         "proved, remove the line `NOT PROVED`",
                                         migration.version_text),
                     .source_line = {}});
  }
  return notes;
}

}  // namespace pgtide
