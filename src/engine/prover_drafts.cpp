// Rollback scripts that are written, and proved like those of the directory.
#include "engine/prover.hpp"
#include "engine/rollback_drafts.hpp"

namespace pgtide::engine {

// What the forward script makes of the schema; nothing when it fails.
std::optional<schema::Snapshot> Prover::schema_after(const PairScripts& scripts) {
  PairScripts forward{.forward = scripts.forward, .rollback = PairScript{.empty = true}};
  std::optional<schema::Snapshot> after;
  if (forward.in_transaction()) {
    after = try_round_trip(databases_.main(), context_, forward, schema_).up;
  }
  if (!after) {
    in_a_copy([&](ports::Session& session) {
      after = make_round_trip(session, context_, forward, schema_).up;
    });
  }
  return after;
}

void Prover::draft_rollback(const Level& level) {
  DraftScripts* drafts = options_.drafts;
  if (drafts == nullptr || !drafts->wants(level.proof)) return;
  if (!schema_known_) correct_schema();
  const std::optional<schema::Snapshot> after = schema_after(level.scripts);
  if (!after) return;
  const schema::Undo undo = schema::undo(schema_, *after);
  RollbackDraft draft{
      .text = draft_text(level.proof, undo), .losses = undo.losses, .proof = level.proof};
  if (!draft.text.empty()) {
    const Migration migration{.version = level.proof.version,
                              .version_text = level.proof.version_text,
                              .name = level.proof.name,
                              .forward_path = level.proof.forward_path,
                              .rollback_path = drafts->put(level.proof, draft.text)};
    Level trial{.scripts = read_pair(migration, "", *drafts), .proof = level.proof, .judged = true};
    trial.scripts.fixture = level.scripts.fixture;
    trial.scripts.irreversible.reset();
    trial.proof.rollback_path = migration.rollback_path;
    trial.proof.differences.clear();
    trial.proof.failure.reset();
    trial.proof.rows.clear();
    judge_round_trip(trial);
    draft.proof = std::move(trial.proof);
  }
  drafts->drafts.push_back(std::move(draft));
}

}  // namespace pgtide::engine
