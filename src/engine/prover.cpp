#include "engine/prover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/failure.hpp"
#include "engine/schema_reader.hpp"
#include "engine/scratch_database.hpp"
#include "engine/trace_report.hpp"

namespace pgtide::engine {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t ms_since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
}

PairProof proof_of(const Migration& migration) {
  return {.version = migration.version,
          .version_text = migration.version_text,
          .name = migration.name,
          .forward_path = migration.forward_path,
          .rollback_path = migration.rollback_path};
}

// Of disk, memory or connections: it is the machine's fault, and hits whatever comes next as well.
bool is_short(const std::string& sqlstate) {
  return sqlstate.starts_with("53");
}

}  // namespace

Prover::Prover(ports::Databases& databases, ScriptContext context, ports::ProofObserver& observer,
               ProofOptions options)
    : context_(std::move(context)),
      observer_(observer),
      options_(std::move(options)),
      databases_(databases, context_.run.run_id) {
  context_.shape = {
      .schema_exists = true, .table_exists = true, .log_exists = true, .health_view_exists = true};
  if (databases.is_private()) context_.breadth = schema::Breadth::server;
}

ProofReport Prover::prove(const Catalog& catalog) {
  const auto started = Clock::now();
  load(catalog);
  ProofReport report{.directory = catalog.directory};
  if (!levels_.empty()) {
    begin();
    go_up();
    correct_schema();
    report.staircase = options_.way_down == WayDown::from_the_top && levels_known_ && go_down();
  }
  for (Level& level : levels_) {
    if (level.judged && level.trouble) {
      report.not_judged.push_back({level.proof.version_text, level.proof.name, {*level.trouble}});
    } else if (level.judged) {
      report.migrations.push_back(std::move(level.proof));
    } else {
      ++report.applied_only;
    }
  }
  report.duration_ms = ms_since(started);
  return report;
}

void Prover::load(const Catalog& catalog) {
  if (options_.judged.empty()) return;
  const Version last = *options_.judged.rbegin();
  for (const Migration& migration : catalog.migrations) {
    if (migration.version > last) break;
    const auto fixture = options_.fixtures.find(migration.version);
    levels_.push_back(
        {.scripts = read_pair(migration,
                              fixture == options_.fixtures.end() ? std::string() : fixture->second,
                              context_.scripts),
         .proof = proof_of(migration),
         .judged = options_.judged.contains(migration.version)});
  }
  if (!options_.first_fixture.empty()) {
    first_fixture_ = read_fixture(options_.first_fixture, Version(0), "0", context_.scripts);
  }
}

void Prover::begin() {
  databases_.begin(context_);
  prepare_for(databases_.main(), context_.settings.role, options_.schema);
  if (first_fixture_) load_fixture(*first_fixture_);
}

void Prover::load_fixture(const PairScript& fixture) {
  if (const auto failure = run_script(databases_.main(), context_, fixture)) {
    refuse_fixture(*failure);
  }
}

void Prover::refuse_fixture(const Failure& failure) {
  throw Error(ErrorKind::invalid_input, "a fixture cannot be loaded",
              std::vector<Problem>{{.where = failure.where,
                                    .message = failure.message,
                                    .hint = failure.hint,
                                    .source_line = failure.source_line}});
}

void Prover::go_up() {
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    Level& level = levels_[i];
    observer_.on_pair_started(level.proof, i, levels_.size());
    const auto started = Clock::now();
    go_up_to(level, i);
    say_what_failed_before(level, i);
    say_what_was_not_judged(level);
    level.proof.duration_ms = ms_since(started);
    if (auto& failure = level.proof.failure) failure->hint = advice_for_replay(failure->sqlstate);
    if (level.judged && !level.trouble) {
      observer_.on_pair_judged(level.proof, i, levels_.size());
    }
  }
}

void Prover::go_up_to(Level& level, std::size_t index) {
  if (level.judged) {
    apart(level, [&] {
      judge_pair(level);
      draft_rollback(level);
    });
  }
  apart(level, [&] {
    keep_for_way_down(index);
    if (level.proof.verdict != Verdict::up_failed) apply(level);
  });
}

// What one pair does to the server must not take the verdicts of the others along.
void Prover::apart(Level& level, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    const bool is_of_pair = error.kind() == ErrorKind::environment &&
                            context_.interrupt.signal() == 0 && !is_short(error.sqlstate());
    if (!is_of_pair) throw;
    level.trouble = Problem{.where = {},
                            .message = error.what(),
                            .hint = "the others were judged as if it were not there",
                            .source_line = {}};
    level.after.reset();
    make_main_again();
    schema_known_ = false;
  }
}

void Prover::judge_pair(Level& level) {
  if (level.scripts.irreversible) {
    level.proof.verdict = Verdict::irreversible;
    level.proof.reason = *level.scripts.irreversible;
  } else if (!level.scripts.rollback) {
    level.proof.verdict = Verdict::no_rollback;
  } else {
    judge_round_trip(level);
  }
}

void Prover::judge_round_trip(Level& level) {
  if (!schema_known_) correct_schema();
  if (level.scripts.in_transaction()) {
    RoundTrip trip = try_round_trip(databases_.main(), context_, level.scripts, schema_);
    judge(trip, level.scripts, schema_, options_.allowed, level.proof);
    if (!trip.unsure && level.proof.verdict == Verdict::proved && level.proof.rows.empty()) {
      level.after = std::move(trip.up);  // what the script will make when it is committed
      add_traces(level.proof, level.scripts, std::move(trip.traces), context_.trace);
      return;
    }
  }
  judge_with_commits(level);
}

// What scripts made in a trial is what they make when they are committed, unless they make
// something else each time.
void Prover::correct_schema() {
  schema::Snapshot now = read_schema(databases_.main(), context_.names, context_.breadth);
  if (schema_known_) {
    const SchemaStep missed = step_between(schema_, now);
    levels_known_ = levels_known_ && missed.added.empty() && missed.removed.empty();
  }
  schema_ = std::move(now);
  schema_known_ = true;
}

// A later version that fails may need what an earlier one did not make.
void Prover::say_what_failed_before(Level& level, std::size_t index) const {
  if (level.proof.verdict != Verdict::up_failed) return;
  constexpr std::size_t most_named = 3;  // what fails first is the likeliest cause
  std::string before;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < index; ++i) {
    if (levels_[i].proof.verdict != Verdict::up_failed || ++failed > most_named) continue;
    before += (before.empty() ? "" : ", ") + levels_[i].proof.version_text;
  }
  if (failed > most_named) before += fmt::format(" and {} more", failed - most_named);
  if (failed > 0) {
    level.proof.notes.push_back(fmt::format("{} failed before, which may be why", before));
  }
}

void Prover::say_what_was_not_judged(Level& level) {
  for (const std::string& refused : databases_.take_refused()) {
    level.proof.notes.push_back("the server is not as it was before the trial: " + refused);
  }
  if (databases_.is_private() || !level.judged) return;
  for (const std::string& command : server_commands(level.scripts, context_.scripts)) {
    level.proof.notes.push_back(fmt::format(
        "{} changes the whole server, which is judged and put back on a private server only "
        "(without --url)",
        command));
  }
}

// The way down cannot lead through a pair that is not proved; it goes on below it, from a copy.
void Prover::keep_for_way_down(std::size_t index) {
  Level& level = levels_[index];
  if (options_.way_down == WayDown::pairs_only || level.passable() || databases_.in_place() ||
      level.proof.verdict == Verdict::up_failed) {
    return;
  }
  const Level* below = next_below(index);
  if (below == nullptr || !below->sound()) return;
  level.before = databases_.keep_copy("below_" + level.proof.version_text);
  forget_some_copies();
}

// Each takes as much room as the database. What is between two of them can be made again.
void Prover::forget_some_copies() {
  constexpr std::size_t most_kept = 16;
  std::vector<Level*> kept;
  for (Level& level : levels_) {
    if (level.before) kept.push_back(&level);
  }
  if (kept.size() <= most_kept) return;
  for (std::size_t i = 0; i + 1 < kept.size(); i += 2) {
    databases_.forget(*std::exchange(kept[i]->before, std::nullopt));
  }
}

void Prover::apply(Level& level) {
  if (auto failure = apply_or_go_back(level)) {
    if (level.proof.verdict != Verdict::up_failed) {
      level.proof.verdict = Verdict::up_failed;
      level.proof.differences.clear();
      level.proof.failure = std::move(failure);
    }
    return;
  }
  level.applied = true;
  schema_known_ = level.after.has_value();
  if (level.after) {
    level.step = step_between(schema_, *level.after);
    schema_known_ = !has_other_passwords(schema_, *level.after);  // made with another salt
    schema_ = *std::exchange(level.after, std::nullopt);
  }
  if (level.scripts.fixture) load_fixture(*level.scripts.fixture);
}

}  // namespace pgtide::engine
