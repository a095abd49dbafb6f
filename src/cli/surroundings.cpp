#include "cli/surroundings.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "adapters/program.hpp"
#include "adapters/whole_file.hpp"
#include "app/handover.hpp"
#include "cli/exit_codes.hpp"
#include "cli/telemetry.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/render_outside.hpp"

namespace pgtide::cli {
namespace {

WallTime now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

// Why the program did not do its work; empty when it did.
std::string run_hook(const std::vector<std::string>& program, const std::string& input,
                     std::chrono::milliseconds timeout, const std::function<bool()>& keep_going) {
  using adapters::ProgramResult;
  try {
    const ProgramResult result = adapters::run_program({.argv = program,
                                                        .env = adapters::own_environment(),
                                                        .input = input,
                                                        .timeout = timeout,
                                                        .keep_going = keep_going});
    std::string said = redact(result.said);
    while (!said.empty() && said.back() == '\n') said.pop_back();
    if (!said.empty()) said = ": " + said;
    if (result.end == ProgramResult::End::timed_out) {
      return fmt::format("took longer than {}{}", render::duration_text(timeout.count()), said);
    }
    if (result.end == ProgramResult::End::stopped) return "was stopped";
    if (result.exit_code != 0) return fmt::format("ended with {}{}", result.exit_code, said);
    return {};
  } catch (const Error& error) {
    return fmt::format("cannot be started: {}", error.what());
  }
}

std::string description(const Failure& failure) {
  if (failure.where.file.empty()) return failure.message;
  return fmt::format("{}:{}:{}: {}", failure.where.file, failure.where.line, failure.where.column,
                     failure.message);
}

// What the connection would lead to, for a server that nobody could ask.
std::string database_meant(const Settings& settings) {
  if (settings.url.empty()) return {};
  try {
    return database_of(handover_of(parse_connection(settings.url)));
  } catch (const Error&) {
    return {};  // the run has told what is wrong with it
  }
}

}  // namespace

Surroundings::Surroundings(Context& context, Direction direction, Finish finish)
    : context_(context), is_real_(finish != Finish::roll_back) {
  record_.direction = direction;
  record_.tool_version = PGTIDE_VERSION;
  record_.environment = context.settings().environment;
  record_.started = now();
  if (!is_real_) context.log().mark_dry_run();
  if (!is_real_) return;
  context.set_before_run([this](const PreparedRun& prepared) {
    record_.run_id = context_.migrator().run_id();
    record_.database = prepared.ledger.server.database;
    before(prepared.plan);
  });
  context.observer().watch(
      {.step_finished =
           [this](const StepReport& step) {
             record_.steps.push_back({step, step.ended == WallTime{} ? now() : step.ended});
           },
       .slow_after = context.settings().hooks.slow_after,
       .slow = [this](const Step& step,
                      std::chrono::milliseconds elapsed) { notice_slowness(step, elapsed); }});
}

Surroundings::~Surroundings() {
  context_.set_before_run({});
  context_.observer().watch({});
  for (std::thread& hook : slow_hooks_) {
    if (hook.joinable()) hook.join();
  }
}

int Surroundings::around(const std::function<int(RunRecord&)>& run) {
  try {
    record_.exit_code = run(record_);
  } catch (const Error& error) {
    record_.exit_code = exit_code(error);
    record_.error = redact(error.what());
    ended();
    throw;
  }
  if (record_.report && record_.report->failure) {
    record_.error = redact(description(*record_.report->failure));
  }
  ended();
  return record_.exit_code;
}

void Surroundings::before(const Plan& plan) {
  const Settings& settings = context_.settings();
  if (!settings.hooks.before.empty()) {
    announce("before", settings.hooks.before);
    const auto keep_going = [this] { return context_.interrupt().signal() == 0; };
    const std::string problem = run_hook(settings.hooks.before, render::before_json(record_, plan),
                                         settings.hooks.timeout, keep_going);
    if (const int signal = context_.interrupt().signal(); signal != 0) {
      throw Error(ErrorKind::interrupted, "stopped during the hook before; nothing was run")
          .with_signal(signal);
    }
    if (!problem.empty()) {
      throw Error(ErrorKind::environment,
                  fmt::format("the hook before ({}) {}; nothing was run",
                              settings.hooks.before.front(), problem),
                  "mend the program, or take hooks.before out of pgtide.toml");
    }
  }
}

// On a thread of its own: the run goes on meanwhile.
void Surroundings::notice_slowness(const Step& step, std::chrono::milliseconds elapsed) {
  const HookSettings& hooks = context_.settings().hooks;
  context_.log().write({.level = "warning",
                        .event = LogEvent::slow,
                        .version = step.version_text,
                        .duration_ms = elapsed.count()});
  if (hooks.on_slow.empty() || !slow_hooks_.empty()) return;
  slow_problems_.resize(1);
  announce("on_slow", hooks.on_slow);
  slow_hooks_.emplace_back(
      [program = hooks.on_slow, timeout = hooks.timeout,
       input = render::slow_json(record_, step, elapsed.count()),
       &problem = slow_problems_.front()] { problem = run_hook(program, input, timeout, {}); });
}

void Surroundings::ended() {
  record_.ended = now();
  if (!is_real_) return;
  if (record_.database.empty()) record_.database = database_meant(context_.settings());
  for (std::thread& hook : slow_hooks_) hook.join();
  slow_hooks_.clear();
  for (const std::string& problem : slow_problems_) {
    if (!problem.empty()) warn("the hook on_slow " + problem);
  }
  const HookSettings& hooks = context_.settings().hooks;
  call("after", hooks.after, render::hook_json("after", record_));
  if (!record_.succeeded()) {
    call("on_failure", hooks.on_failure, render::hook_json("on_failure", record_));
  }
  if (!context_.settings().metrics.empty()) {
    count_migrations();
    write_metrics();
  }
  send_trace();
}

// A configuration file may come from somebody else: what it has pgtide run is never run in silence.
void Surroundings::announce(const std::string& name, const std::vector<std::string>& program) {
  std::string words;
  for (const std::string& word : program) words += " " + word;
  note(context_, fmt::format("hook {}:{}", name, redact(words)));
}

void Surroundings::call(const std::string& name, const std::vector<std::string>& program,
                        const std::string& input) {
  if (program.empty()) return;
  announce(name, program);
  const std::string problem = run_hook(program, input, context_.settings().hooks.timeout, {});
  if (!problem.empty()) warn(fmt::format("the hook {} {}", name, problem));
}

// A database that cannot be asked any more leaves both numbers out of the metrics.
void Surroundings::count_migrations() {
  if (!record_.report) return;
  try {
    const StatusReport status = context_.migrator().status();
    record_.failed = status.count(State::failed);
    record_.pending = *record_.failed + status.count(State::pending) +
                      status.count(State::rolled_back) + status.count(State::out_of_order);
    if (record_.database.empty()) record_.database = status.database;
  } catch (const Error& error) {
    warn(fmt::format("the migrations cannot be counted: {}", error.what()));
  }
}

void Surroundings::write_metrics() {
  const std::string& path = context_.settings().metrics;
  const auto last = render::last_success_of(adapters::text_of_file(path));
  const std::string problem =
      adapters::replace_file(path, render::metrics_text(record_, last), 0644);
  if (!problem.empty()) warn(fmt::format("cannot write {}: {}", path, problem));
}

void Surroundings::send_trace() {
  const std::string problem = export_trace(record_, context_.settings().telemetry);
  if (!problem.empty()) warn("the trace was not sent: " + problem);
}

void Surroundings::warn(const std::string& message) {
  context_.log().write({.level = "warning", .event = LogEvent::warning, .message = message});
  context_.console().message(render::warning_text(message, context_.console().message_style()));
}

}  // namespace pgtide::cli
