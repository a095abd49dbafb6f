#include "engine/round_trip.hpp"

#include <utility>

#include "engine/schema_reader.hpp"
#include "engine/sequence_values.hpp"
#include "engine/trace_report.hpp"

namespace pgtide::engine {
namespace {

struct Part {
  Stage stage;
  const PairScript* script;
};

// Those that have something to run.
std::vector<Part> parts_of(const PairScripts& pair) {
  std::vector<Part> parts;
  const auto add = [&](Stage stage, const PairScript& script) {
    if (!script.empty) parts.push_back({stage, &script});
  };
  add(Stage::up, pair.forward);
  if (pair.fixture) add(Stage::fixture, *pair.fixture);
  add(Stage::down, *pair.rollback);
  add(Stage::up_again, pair.forward);
  return parts;
}

// Unfit scripts are known to fail before anything runs.
std::optional<Failure> unfit(const PairScripts& pair, RoundTrip& trip) {
  if (pair.forward.unfit) return pair.forward.unfit;
  if (pair.fixture && pair.fixture->unfit) {
    trip.failed_in = Stage::fixture;
    return pair.fixture->unfit;
  }
  return std::nullopt;
}

class Recorder {
 public:
  Recorder(ports::Session& session, const ScriptContext& context, const PairScripts& pair,
           RowDetail detail, RoundTrip& trip)
      : session_(session), context_(context), pair_(pair), detail_(detail), trip_(trip) {}

  void after(Stage stage) {
    switch (stage) {
      case Stage::up:
        trip_.up = read_schema(session_, context_.names, context_.breadth);
        if (pair_.rollback->empty) read_rows_after();
        break;
      case Stage::fixture:
        if (pair_.rollback->empty) read_rows_after();
        break;
      case Stage::down:
        trip_.down = read_schema(session_, context_.names, context_.breadth);
        read_rows_after();
        break;
      case Stage::up_again:
        trip_.up_again = read_schema(session_, context_.names, context_.breadth);
        break;
    }
  }

 private:
  void read_rows_after() {
    trip_.rows_after =
        read_rows(session_, context_.names, {.detail = detail_, .since = &trip_.rows_before});
  }

  ports::Session& session_;
  const ScriptContext& context_;
  const PairScripts& pair_;
  RowDetail detail_;
  RoundTrip& trip_;
};

bool is_traced(Stage stage) {
  return stage == Stage::up || stage == Stage::down;
}

// The tracer has seen the first of `parts`, as far as it came.
void keep_traces(Tracer& tracer, const std::vector<Part>& parts, RoundTrip& trip) {
  auto part = parts.begin();
  for (Tracer::Script& seen : tracer.scripts()) {
    if (is_traced(part->stage)) {
      const Step& step = part->script->step;
      trip.traces.push_back({step.direction, step.path, std::move(seen.statements)});
    }
    ++part;
  }
}

// An empty script leaves what was there.
void fill_gaps(const PairScripts& pair, const schema::Snapshot& before, RoundTrip& trip) {
  if (pair.forward.empty) trip.up = before;
  if (pair.rollback->empty && trip.up) trip.down = trip.up;
  if (pair.forward.empty && pair.rollback->empty && !pair.fixture) {
    trip.rows_after = trip.rows_before;
  }
  if (pair.forward.empty && trip.down) trip.up_again = trip.down;
}

}  // namespace

Report run_scripts(ports::Session& session, const ScriptContext& context,
                   const std::vector<const PairScript*>& scripts, Finish finish, Watch watch) {
  Plan plan;
  std::vector<sql::ScriptScan> scans;
  for (const PairScript* script : scripts) {
    plan.steps.push_back(script->step);
    scans.push_back(script->scan);
  }
  Executor executor(session, context.scripts, context.observer, context.interrupt,
                    {.finish = finish,
                     .view = watch.view,
                     .settings = context.settings,
                     .names = context.names,
                     .shape = context.shape,
                     .run = context.run,
                     .ledger_before = LedgerWriter::Before::anything,
                     .pooling = context.pooling,
                     .probe = watch.probe,
                     .sequences = finish == Finish::roll_back ? context.sequences : nullptr,
                     .before_step = std::move(watch.before_step),
                     .after_step = std::move(watch.after_step)});
  Report report = executor.run(plan, scans);
  if (context.interrupt.signal() != 0) {
    throw Error(ErrorKind::interrupted, "stopped").with_signal(context.interrupt.signal());
  }
  return report;
}

std::optional<Failure> run_script(ports::Session& session, const ScriptContext& context,
                                  const PairScript& script, StatementProbe* probe) {
  if (script.unfit) return script.unfit;
  if (script.empty) return std::nullopt;
  return run_scripts(session, context, {&script}, Finish::commit_each, {.probe = probe}).failure;
}

RoundTrip try_round_trip(ports::Session& session, const ScriptContext& context,
                         const PairScripts& pair, const schema::Snapshot& before) {
  RoundTrip trip;
  trip.failure = unfit(pair, trip);
  if (!trip.failure && pair.rollback->unfit) {
    trip.failed_in = Stage::down;
    trip.failure = pair.rollback->unfit;
  }
  if (trip.failure) return trip;
  const std::vector<Part> parts = parts_of(pair);
  const SequenceValues sequences = read_sequences(session);
  trip.rows_before = read_rows(session, context.names, {.detail = RowDetail::sums});
  Recorder recorder(session, context, pair, RowDetail::sums, trip);
  std::vector<const PairScript*> scripts;
  for (const Part& part : parts) scripts.push_back(part.script);
  if (!scripts.empty()) {
    auto tracer = tracer_for(context.trace, context.names);
    const Report report =
        run_scripts(session, context, scripts, Finish::roll_back,
                    {.after_step = [&](std::size_t index) { recorder.after(parts[index].stage); },
                     .probe = tracer ? &*tracer : nullptr});
    if (tracer) keep_traces(*tracer, parts, trip);
    trip.failure = report.failure;
    if (trip.failure && trip.failure->step < parts.size()) {
      trip.failed_in = parts[trip.failure->step].stage;
    }
    trip.unsure = report.count(StepOutcome::not_simulable) > 0;
    restore_sequences(session, sequences);
  }
  fill_gaps(pair, before, trip);
  return trip;
}

RoundTrip make_round_trip(ports::Session& session, const ScriptContext& context,
                          const PairScripts& pair, const schema::Snapshot& before) {
  RoundTrip trip;
  trip.failure = unfit(pair, trip);
  if (trip.failure) return trip;
  trip.rows_before = read_rows(session, context.names, {.detail = RowDetail::each_row});
  Recorder recorder(session, context, pair, RowDetail::each_row, trip);
  for (const Part& part : parts_of(pair)) {
    auto tracer = is_traced(part.stage) ? tracer_for(context.trace, context.names) : std::nullopt;
    trip.failure = run_script(session, context, *part.script, tracer ? &*tracer : nullptr);
    if (tracer) keep_traces(*tracer, {part}, trip);
    if (trip.failure) {
      trip.failed_in = part.stage;
      break;
    }
    recorder.after(part.stage);
  }
  fill_gaps(pair, before, trip);
  return trip;
}

}  // namespace pgtide::engine
