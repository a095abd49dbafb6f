#include "engine/pending_proof.hpp"

#include <utility>

#include "engine/schema_reader.hpp"
#include "engine/schema_record.hpp"

namespace pgtide::engine {
namespace {

struct Pending {
  PairScripts scripts;
  PairProof proof;
  RoundTrip trip = {};
  schema::Snapshot before = {};
  bool round_trip() const { return scripts.rollback && !scripts.irreversible; }
};

class PendingProof {
 public:
  PendingProof(ports::Session& session, const ScriptContext& context,
               const AllowedDifferences& allowed)
      : session_(session), context_(context), allowed_(allowed) {}

  void add(const Step& step) {
    const Migration migration{.version = step.version,
                              .version_text = step.version_text,
                              .name = step.name,
                              .forward_path = step.path,
                              .rollback_path = step.rollback_path};
    pairs_.push_back({.scripts = read_pair(migration, {}, context_.scripts),
                      .proof = {.version = step.version,
                                .version_text = step.version_text,
                                .name = step.name,
                                .forward_path = step.path,
                                .rollback_path = step.rollback_path}});
  }

  ProofReport prove() {
    start_ = read_schema_politely(session_, context_.names, context_.settings.lock_timeout);
    std::size_t next = 0;
    std::size_t judged = pairs_.size();
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (pairs_[i].scripts.in_transaction()) continue;
      judged = i;
      break;
    }
    while (next < judged) next = run_from(next, judged);
    ProofReport report;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (i < judged && !pairs_[i].trip.unsure) {
        report.migrations.push_back(std::move(pairs_[i].proof));
      } else {
        report.not_judged.push_back(pairs_[i].proof.version_text);
      }
    }
    return report;
  }

 private:
  struct Part {
    std::size_t pair;
    Stage stage;
    bool looked_at;
  };

  // Round trips from `first` on, in one transaction; returns the first that was not judged, because
  // the one before it spoiled what follows.
  std::size_t run_from(std::size_t first, std::size_t end) {
    parts_.clear();
    std::vector<const PairScript*> scripts;
    const auto add = [&](std::size_t pair, Stage stage, const PairScript& script, bool looked_at) {
      if (script.empty) return;
      parts_.push_back({pair, stage, looked_at});
      scripts.push_back(&script);
    };
    for (std::size_t i = 0; i < end; ++i) {
      const Pending& pending = pairs_[i];
      if (i < first && pending.proof.verdict == Verdict::up_failed) continue;
      add(i, Stage::up, pending.scripts.forward, i >= first);
      if (i < first || !pending.round_trip()) continue;
      add(i, Stage::down, *pending.scripts.rollback, true);
      add(i, Stage::up_again, pending.scripts.forward, true);
    }
    now_ = start_;
    const Report report =
        run_scripts(session_, context_, scripts, Finish::roll_back,
                    {.after_step = [this](std::size_t index) { look(parts_[index]); }});
    return judge_from(first, end, report);
  }

  void look(const Part& part) {
    Pending& pending = pairs_[part.pair];
    schema::Snapshot schema = read_schema(session_, context_.names);
    if (part.stage == Stage::up) pending.before = std::move(now_);
    now_ = schema;
    if (!part.looked_at) return;
    if (part.stage == Stage::up) pending.trip.up = std::move(schema);
    if (part.stage == Stage::down) pending.trip.down = std::move(schema);
    if (part.stage == Stage::up_again) pending.trip.up_again = std::move(schema);
  }

  std::size_t judge_from(std::size_t first, std::size_t end, const Report& report) {
    std::size_t failed = parts_.size();
    for (std::size_t i = 0; i < parts_.size() && failed == parts_.size(); ++i) {
      const StepOutcome outcome = report.steps[i].outcome;
      if (outcome != StepOutcome::done && outcome != StepOutcome::undone) failed = i;
    }
    for (std::size_t i = first; i < end; ++i) {
      Pending& pending = pairs_[i];
      if (failed < parts_.size() && parts_[failed].pair == i) {
        pending.trip.failure = report.failure;
        pending.trip.failed_in = parts_[failed].stage;
        pending.trip.unsure = !report.failure;
      }
      if (failed < parts_.size() && parts_[failed].pair < i) return i;
      judge(pending);
      if (is_finding(pending.proof.verdict) || pending.trip.unsure) return i + 1;
    }
    return end;
  }

  void judge(Pending& pending) {
    PairProof& proof = pending.proof;
    if (pending.scripts.irreversible) {
      proof.verdict = Verdict::irreversible;
      proof.reason = *pending.scripts.irreversible;
    } else if (!pending.scripts.rollback) {
      proof.verdict = Verdict::no_rollback;
    } else {
      if (pending.scripts.rollback->empty && pending.trip.up) pending.trip.down = pending.trip.up;
      return engine::judge(pending.trip, pending.scripts, pending.before, allowed_, proof);
    }
    if (pending.trip.failure) {
      proof.verdict = Verdict::up_failed;
      proof.failure = pending.trip.failure;
    }
  }

  ports::Session& session_;
  const ScriptContext& context_;
  const AllowedDifferences& allowed_;
  std::vector<Pending> pairs_;
  std::vector<Part> parts_;
  schema::Snapshot start_;
  schema::Snapshot now_;
};

}  // namespace

ProofReport prove_pending(ports::Session& session, const ScriptContext& context,
                          const PreparedRun& prepared, const AllowedDifferences& allowed) {
  PendingProof proof(session, context, allowed);
  for (const Step& step : prepared.plan.steps) proof.add(step);
  return proof.prove();
}

}  // namespace pgtide::engine
