// What a proof commits: trials in copies, and the forward scripts in main.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "engine/blame.hpp"
#include "engine/failure.hpp"
#include "engine/prover.hpp"
#include "engine/trace_report.hpp"
#include "pgtide/error.hpp"

namespace pgtide::engine {

// Afterwards main is what the forward scripts so far make, also where there are no copies.
void Prover::in_a_copy(const std::function<void(ports::Session&)>& use) {
  databases_.with_copy(use);
  if (databases_.in_place()) make_main_again();
}

void Prover::make_main_again() {
  begin();
  for (const Level& level : levels_) {
    if (!level.applied) continue;
    if (auto failure = run_script(databases_.main(), context_, level.scripts.forward)) {
      throw Error(ErrorKind::environment,
                  fmt::format("{} ran before, and does not run again in the emptied scratch "
                              "database: {}",
                              level.proof.version_text, one_line(*failure)),
                  "give a role that may create databases, or no URL: then verify starts a private "
                  "server");
    }
    if (level.scripts.fixture) load_fixture(*level.scripts.fixture);
  }
}

// The scripts are not to blame for a disk or a memory that is full.
void Prover::refuse_shortage(const Level& level, const RoundTrip& trip) {
  if (!trip.failure || (trip.failure->sqlstate != "53100" && trip.failure->sqlstate != "53200"))
    return;
  throw Error(
      ErrorKind::environment,
      fmt::format("{} cannot be judged: {}", level.proof.version_text, one_line(*trip.failure)),
      "free some room, or set TMPDIR to a folder that has more")
      .with_sqlstate(trip.failure->sqlstate, trip.failure->detail);
}

// What one transaction shows may be due to its being one.
void Prover::judge_with_commits(Level& level) {
  correct_schema();
  PairProof proof{.version = level.proof.version,
                  .version_text = level.proof.version_text,
                  .name = level.proof.name,
                  .forward_path = level.proof.forward_path,
                  .rollback_path = level.proof.rollback_path};
  level.proof = std::move(proof);
  in_a_copy([&](ports::Session& session) {
    RoundTrip trip = make_round_trip(session, context_, level.scripts, schema_);
    refuse_shortage(level, trip);
    if (trip.failure && trip.failed_in == Stage::fixture) refuse_fixture(*trip.failure);
    judge(trip, level.scripts, schema_, options_.allowed, level.proof);
    if (level.proof.verdict == Verdict::proved) level.after = std::move(trip.up);
    add_traces(level.proof, level.scripts, std::move(trip.traces), context_.trace);
  });
  if (level.proof.verdict == Verdict::not_restored) {
    find_makers(databases_.main(), context_, level.scripts, schema_, level.proof);
  }
}

// The forward script for good, and what it does when no round trip showed it.
std::optional<Failure> Prover::run_forward(Level& level) {
  const PairScript& forward = level.scripts.forward;
  const bool has_run = level.scripts.rollback && !level.scripts.irreversible;
  if (!level.judged || has_run) return run_script(databases_.main(), context_, forward);
  auto tracer = tracer_for(context_.trace, context_.names);
  auto failure = run_script(databases_.main(), context_, forward, tracer ? &*tracer : nullptr);
  if (tracer && !tracer->scripts().empty()) {
    add_traces(
        level.proof, level.scripts,
        {{Direction::up, forward.step.path, std::move(tracer->scripts().front().statements)}},
        context_.trace);
  }
  return failure;
}

// A script that runs outside a transaction may fail half way.
std::optional<Failure> Prover::apply_or_go_back(Level& level) {
  const PairScript& forward = level.scripts.forward;
  if (forward.empty || forward.unfit || forward.scan.transactional) return run_forward(level);
  if (databases_.in_place()) {
    auto failed = run_forward(level);
    if (failed) make_main_again();
    return failed;
  }
  const ProofDatabases::Copy copy = databases_.keep_copy("whole");
  std::optional<Failure> failure;
  try {
    failure = run_forward(level);
  } catch (const Error&) {
    databases_.forget(copy);
    throw;
  }
  if (failure) {
    databases_.go_back_to(copy);
  } else {
    databases_.forget(copy);
  }
  return failure;
}

}  // namespace pgtide::engine
