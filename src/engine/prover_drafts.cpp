// Rollback scripts that are written, and proved like those of the directory.
#include <algorithm>
#include <iterator>

#include "engine/live_schema.hpp"
#include "engine/prover.hpp"
#include "engine/rollback_drafts.hpp"
#include "engine/sequence_values.hpp"

namespace pgtide::engine {
namespace {

// CREATE INDEX CONCURRENTLY and its like: who builds so has a table that must not be locked.
schema::IndexBuild build_of(const PairScript& forward) {
  const bool concurrent =
      std::ranges::any_of(forward.scan.non_transactional, [](const sql::Statement& statement) {
        return statement.text == "CREATE INDEX CONCURRENTLY" ||
               statement.text == "DROP INDEX CONCURRENTLY";
      });
  return concurrent ? schema::IndexBuild::concurrent : schema::IndexBuild::locking;
}

Migration with_draft(const PairProof& pair, std::string path) {
  return {.version = pair.version,
          .version_text = pair.version_text,
          .name = pair.name,
          .forward_path = pair.forward_path,
          .rollback_path = std::move(path)};
}

// In one transaction that is rolled back.
std::optional<schema::LiveSnapshot> after_trial(ports::Session& session,
                                                const ScriptContext& context,
                                                const std::vector<const PairScript*>& scripts) {
  std::optional<schema::LiveSnapshot> after;
  const SequenceValues sequences = read_sequences(session);
  const Report report = run_scripts(session, context, scripts, Finish::roll_back,
                                    {.after_step = [&](std::size_t index) {
                                      if (index + 1 < scripts.size()) return;
                                      after = read_live_schema(session, context.names);
                                    }});
  restore_sequences(session, sequences);
  if (report.failure || report.count(StepOutcome::not_simulable) > 0) return std::nullopt;
  return after;
}

}  // namespace

// The schema before and after scripts, in one life of the database: only there an id tells. No
// `after` when one of them fails.
Prover::Around Prover::look_around(const std::vector<const PairScript*>& scripts) {
  Around around{.before = read_live_schema(databases_.main(), context_.names), .after = {}};
  if (std::ranges::all_of(scripts, [](const PairScript* one) { return one->scan.transactional; })) {
    around.after = after_trial(databases_.main(), context_, scripts);
  }
  if (around.after) return around;
  in_a_copy([&](ports::Session& session) {
    const bool done = std::ranges::none_of(scripts, [&](const PairScript* one) {
      return run_script(session, context_, *one).has_value();
    });
    if (done) around.after = read_live_schema(session, context_.names);
  });
  return around;
}

std::optional<schema::Undo> Prover::work_out(const Level& level) {
  const PairScript& forward = level.scripts.forward;
  if (forward.unfit || forward.empty) return std::nullopt;
  Around around = look_around({&forward});
  if (!around.after) return std::nullopt;
  std::vector<std::string> renames = schema::undo_renames(around.before, *around.after);
  if (!renames.empty()) {
    DraftScripts& drafts = *options_.drafts;
    const std::string path = drafts.put(level.proof, draft_text(level.proof, renames, {}));
    const PairScripts with_renames = read_pair(with_draft(level.proof, path), "", drafts);
    Around renamed = look_around({&forward, &*with_renames.rollback});
    if (renamed.after) {
      around = std::move(renamed);
    } else {
      renames.clear();
    }
  }
  schema::Undo undo = schema::undo(around.before, *around.after, build_of(forward));
  undo.statements.insert(undo.statements.begin(), std::make_move_iterator(renames.begin()),
                         std::make_move_iterator(renames.end()));
  return undo;
}

PairProof Prover::prove_draft(const Level& level, const std::string& text) {
  DraftScripts& drafts = *options_.drafts;
  const std::string path = drafts.put(level.proof, text);
  Level trial{.scripts = read_pair(with_draft(level.proof, path), "", drafts),
              .proof = level.proof,
              .judged = true};
  trial.scripts.fixture = level.scripts.fixture;
  trial.scripts.irreversible.reset();
  trial.proof.rollback_path = path;
  trial.proof.differences.clear();
  trial.proof.failure.reset();
  trial.proof.rows.clear();
  judge_round_trip(trial);
  return std::move(trial.proof);
}

void Prover::draft_rollback(const Level& level) {
  DraftScripts* drafts = options_.drafts;
  if (drafts == nullptr || !drafts->wants(level.proof)) return;
  const std::optional<schema::Undo> undo = work_out(level);
  if (!undo) return;
  const RowWords rows = read_row_words(*drafts->open_file(level.proof.forward_path));
  RollbackDraft draft{.text = draft_text(level.proof, undo->statements, {}),
                      .losses = undo->losses,
                      .proof = level.proof};
  if (draft.text.empty() && draft.losses.empty()) {
    draft.silence = rows.only_rows ? Silence::rows_only : Silence::unseen;
  }
  draft.losses.insert(draft.losses.end(), rows.losses.begin(), rows.losses.end());
  if (!draft.text.empty()) {
    draft.proof = prove_draft(level, draft.text);
    const std::vector<std::string> lost = lost_rows(draft.proof);
    draft.losses.insert(draft.losses.end(), lost.begin(), lost.end());
    draft.text =
        draft_text(level.proof, undo->statements, draft.losses, verdict_words(draft.proof));
  }
  drafts->finish(std::move(draft));
}

}  // namespace pgtide::engine
