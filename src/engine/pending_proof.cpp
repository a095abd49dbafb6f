#include "engine/pending_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/failure.hpp"
#include "engine/pending_rows.hpp"
#include "engine/schema_reader.hpp"
#include "engine/schema_record.hpp"
#include "engine/trace_report.hpp"

namespace pgtide::engine {
namespace {

constexpr const char* syntax_error = "42601";

struct Pending {
  PairScripts scripts;
  PairProof proof;
  RoundTrip trip = {};
  schema::Snapshot before = {};
  bool applied = true;                   // the forward script is run for those that follow
  std::vector<Problem> not_judged = {};  // why
  bool judged() const { return not_judged.empty(); }
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
    tables_.list(session_, context_.names);
    for (Pending& pending : pairs_) find_out_of_reach(pending);
    for (std::size_t next = 0; next < pairs_.size();) next = run_from(next);
    compare_rows();
    ProofReport report;
    for (Pending& pending : pairs_) {
      PairProof& proof = pending.proof;
      if (pending.judged()) {
        report.migrations.push_back(std::move(proof));
      } else {
        report.not_judged.push_back({proof.version_text, proof.name, pending.not_judged});
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

  // A script that can only run outside transactions.
  static void find_out_of_reach(Pending& pending) {
    const auto look = [&](const PairScript& script) {
      if (script.empty || script.unfit || script.scan.transactional) return;
      for (Problem& reason : why_not_simulable(script.scan, script.step.path)) {
        pending.not_judged.push_back(std::move(reason));
      }
    };
    look(pending.scripts.forward);
    pending.applied = pending.not_judged.empty();
    if (pending.scripts.rollback) look(*pending.scripts.rollback);
  }

  // Round trips from `first` on, in one transaction; returns the first that was not judged, because
  // the one before it spoiled what follows.
  std::size_t run_from(std::size_t first) {
    parts_.clear();
    std::vector<const PairScript*> scripts;
    const auto add = [&](std::size_t pair, Stage stage, const PairScript& script, bool looked_at) {
      if (script.empty) return;
      parts_.push_back({pair, stage, looked_at});
      scripts.push_back(&script);
    };
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      Pending& pending = pairs_[i];
      if (!pending.applied) continue;
      const bool is_judged = i >= first && pending.judged();
      add(i, Stage::up, pending.scripts.forward, is_judged);
      if (!is_judged) continue;
      pending.trip = {};
      if (!pending.round_trip()) continue;
      add(i, Stage::down, *pending.scripts.rollback, true);
      add(i, Stage::up_again, pending.scripts.forward, true);
    }
    now_ = start_;
    auto tracer = tracer_for(context_.trace, context_.names);
    const Report report =
        run_scripts(session_, context_, scripts, Finish::roll_back,
                    {.after_step = [this](std::size_t index) { look(parts_[index]); },
                     .probe = tracer ? &*tracer : nullptr});
    if (tracer) keep_traces(*tracer);
    return judge_from(first, report);
  }

  void look(const Part& part) {
    tables_.look(session_);
    Pending& pending = pairs_[part.pair];
    schema::Snapshot schema = read_schema(session_, context_.names, context_.breadth);
    if (part.stage == Stage::up) pending.before = std::move(now_);
    now_ = schema;
    if (!part.looked_at) return;
    if (part.stage == Stage::up) pending.trip.up = std::move(schema);
    if (part.stage == Stage::down) pending.trip.down = std::move(schema);
    if (part.stage == Stage::up_again) pending.trip.up_again = std::move(schema);
  }

  void keep_traces(Tracer& tracer) {
    for (std::size_t i = 0; i < tracer.scripts().size() && i < parts_.size(); ++i) {
      const Part& part = parts_[i];
      if (!part.looked_at || part.stage == Stage::up_again) continue;
      Pending& pending = pairs_[part.pair];
      const Step& step =
          part.stage == Stage::up ? pending.scripts.forward.step : pending.scripts.rollback->step;
      pending.trip.traces.push_back(
          {step.direction, step.path, std::move(tracer.scripts()[i].statements)});
    }
  }

  std::size_t judge_from(std::size_t first, const Report& report) {
    std::size_t failed = parts_.size();
    for (std::size_t i = 0; i < parts_.size() && failed == parts_.size(); ++i) {
      if (parts_[i].looked_at) {
        pairs_[parts_[i].pair].proof.duration_ms += report.steps[i].duration_ms;
      }
      const StepOutcome outcome = report.steps[i].outcome;
      if (outcome != StepOutcome::done && outcome != StepOutcome::undone) failed = i;
    }
    if (failed < parts_.size() && parts_[failed].pair < first) {
      pairs_[parts_[failed].pair].applied = false;  // it ran before; others have changed something
      return first;
    }
    for (std::size_t i = first; i < pairs_.size(); ++i) {
      if (failed < parts_.size() && parts_[failed].pair < i) return i;
      Pending& pending = pairs_[i];
      if (!pending.judged()) continue;
      if (failed < parts_.size() && parts_[failed].pair == i) {
        note_failure(i, parts_[failed].stage, report.failure, report.steps[failed]);
        if (!pending.judged()) return i + 1;
      }
      judge(pending);
      add_traces(pending.proof, pending.scripts, std::move(pending.trip.traces), context_.trace);
      if (is_finding(pending.proof.verdict)) return i + 1;
    }
    return pairs_.size();
  }

  // A failure is no verdict when the dry run may be why.
  void note_failure(std::size_t index, Stage stage, const std::optional<Failure>& failure,
                    const StepReport& step) {
    Pending& pending = pairs_[index];
    const auto missing =
        std::find_if(pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(index),
                     [](const Pending& earlier) { return !earlier.applied && !earlier.judged(); });
    const bool is_earlier_missing = missing != pairs_.begin() + static_cast<std::ptrdiff_t>(index);
    if (stage == Stage::up) pending.applied = false;
    if (!failure) {
      pending.not_judged = step.not_simulable;
    } else if (is_earlier_missing && stage != Stage::up_again &&
               failure->sqlstate != syntax_error) {
      pending.not_judged.push_back(
          {.where = failure->where,
           .message = fmt::format("{} (but {} was not simulated, which may be why)",
                                  failure->message, missing->proof.version_text),
           .hint = {},
           .source_line = failure->source_line});
    } else {
      pending.trip.failure = failure;
      pending.trip.failure->hint.clear();  // of a run that goes on after it was mended
      pending.trip.failed_in = stage;
    }
  }

  void compare_rows() {
    if (tables_.names().empty()) return;
    std::vector<RowTrip> trips;
    bool any = false;
    for (Pending& pending : pairs_) {
      if (!pending.applied) continue;
      const bool compared = pending.judged() && pending.proof.verdict == Verdict::proved;
      trips.push_back({&pending.scripts, &pending.proof, compared});
      any = any || compared;
    }
    if (any) compare_pending_rows(session_, context_, trips, tables_.names());
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
  TouchedTables tables_;
  schema::Snapshot start_;
  schema::Snapshot now_;
};

}  // namespace

ProofReport prove_pending(ports::Session& session, const ScriptContext& context,
                          const PreparedRun& prepared, const AllowedDifferences& allowed) {
  SequenceGuard sequences(session, context.settings, context.names);
  ScriptContext watched = context;
  watched.sequences = &sequences;
  sequences.begin();
  PendingProof proof(session, watched, allowed);
  for (const Step& step : prepared.plan.steps) proof.add(step);
  const auto started = std::chrono::steady_clock::now();
  ProofReport report = proof.prove();
  report.left_behind = sequences.finish();
  for (const sql::ScriptScan& scan : prepared.scans) {
    report.left_behind.insert(report.left_behind.end(), scan.beyond_rollback.begin(),
                              scan.beyond_rollback.end());
  }
  report.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - started)
                           .count();
  return report;
}

}  // namespace pgtide::engine
