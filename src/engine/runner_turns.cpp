// Runs through a pooler in transaction mode.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <utility>

#include "engine/failure.hpp"
#include "engine/lock_wait.hpp"
#include "engine/pause.hpp"
#include "engine/runner.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// What a run did in all its turns, and how long it has waited for the one that is to come.
struct Turns {
  std::vector<StepReport> done = {};
  std::optional<Report> last = {};
  std::int64_t duration_ms = 0;
  milliseconds waited{0};

  void add(Report report) {
    duration_ms += report.duration_ms;
    const auto is_done = [](const StepReport& step) { return step.outcome == StepOutcome::done; };
    const auto count = std::ranges::count_if(report.steps, is_done);
    if (count > 0) waited = milliseconds(0);
    last = std::move(report);
  }
  // The last turn ended early: what it did counts, the rest of it comes again.
  void keep_what_is_done() {
    std::ranges::copy_if(last->steps, std::back_inserter(done),
                         [](const StepReport& step) { return step.outcome == StepOutcome::done; });
    std::erase_if(last->steps,
                  [](const StepReport& step) { return step.outcome == StepOutcome::done; });
    if (last->failure) last->failure->step = 0;
  }
  // Something was done, so an error is part of the report, and does not say that nothing was run.
  void end_with(const Error& error) {
    Failure& failure = *last->failure;
    const std::string why = error.what();
    failure.message = why.substr(0, why.rfind("; nothing was run"));
    const char* between = ": ";
    failure.hint = error.hint();
    for (const Problem& problem : error.problems()) {
      failure.message += std::exchange(between, "; ") + problem.message;
      if (failure.hint.empty()) failure.hint = problem.hint;
    }
    failure.signal = error.signal();
    failure.kind = error.signal() != 0 ? FailureKind::interrupted : FailureKind::environment;
  }
  Report report() {
    Report all = std::move(*last);
    if (all.failure) all.failure->step += done.size();
    all.steps.insert(all.steps.begin(), done.begin(), done.end());
    all.duration_ms = duration_ms;
    return all;
  }
};

// Spread, so that two runners do not meet again and again.
milliseconds short_pause() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(std::uniform_int_distribution<int>(10, 60)(random));
}

}  // namespace

Pooling Runner::pooling_of(const PreparedRun& prepared) const {
  if (!prepared.ledger.server.behind_pooler) return Pooling::none;
  // A dry run is one transaction and takes no lock, so it need not know more.
  return prepared.request.finish == Finish::roll_back ? Pooling::transaction
                                                      : ports_.lock.pooling();
}

void Runner::refuse_what_needs_a_session(const PreparedRun& prepared) const {
  if (!prepared.ledger.server.behind_pooler || prepared.request.finish == Finish::roll_back) return;
  std::vector<Problem> reasons;
  for (std::size_t i = 0; i < prepared.scans.size(); ++i) {
    if (prepared.scans[i].transactional) continue;
    const auto more = why_not_simulable(prepared.scans[i], prepared.plan.steps[i].path);
    reasons.insert(reasons.end(), more.begin(), more.end());
  }
  if (reasons.empty() || ports_.lock.pooling() != Pooling::transaction) return;
  throw Error(
      ErrorKind::environment,
      "the connection goes through a pooler in transaction mode, which gives each "
      "transaction another session; scripts that run outside transactions need one of their "
      "own; nothing was run",
      std::move(reasons),
      fmt::format("connect to the server itself: --url '{}'", ports_.lock.direct_url()));
}

Report Runner::execute_in_turns(PreparedRun& prepared) {
  Turns turns;
  while (true) {
    const auto asked = Clock::now();
    try {
      const HeldLock turn(ports_.lock, std::max(options_.lock_wait - turns.waited, milliseconds(0)),
                          ports_.observer, ports_.interrupt);
      turns.waited += std::chrono::duration_cast<milliseconds>(Clock::now() - asked);
      prepare_again(prepared);
      if (!prepared.plan.steps.empty() && options_.before_run) options_.before_run(prepared);
    } catch (const Error& error) {
      if (turns.done.empty()) throw;
      turns.end_with(error);
      return turns.report();
    }
    came_too_late_ = false;
    turns.add(prepared.plan.steps.empty() ? nothing_to_do(prepared)
                                          : run(prepared, ports_.lock.fence()));
    const bool may_follow =
        turns.last->direction == Direction::up || turns.last->count(StepOutcome::done) == 0;
    if (!came_too_late_ || !may_follow || turns.waited >= options_.lock_wait) return turns.report();
    turns.keep_what_is_done();
    const milliseconds spread = short_pause();
    pause(spread, ports_.interrupt, ports_.observer);
    turns.waited += spread;
  }
}

}  // namespace pgtide::engine
