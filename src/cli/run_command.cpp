#include "cli/run_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "cli/exit_codes.hpp"
#include "cli/given_text.hpp"
#include "cli/npm_dry_run.hpp"
#include "pgtide/drift_documents.hpp"

namespace pgtide::cli {

void declare_dry_run(CLI::App& app, RunOptions& options) {
  app.add_flag("--dry-run", options.dry_run,
               "run on the server, show what happened, commit nothing");
  app.add_flag("--trace", options.trace,
               "with --dry-run: show what each statement locks, rewrites and changes");
}

Finish finish_of(const RunOptions& options, Finish otherwise) {
  return options.dry_run || npm_dry_run() ? Finish::roll_back : otherwise;
}

bool is_harmless(const PreparedRun& prepared) {
  return prepared.plan.steps.empty() || prepared.request.finish == Finish::roll_back;
}

Trace trace_of(const RunOptions& options, Finish finish, const Settings& settings) {
  if (options.trace) {
    if (finish == Finish::roll_back) return Trace::statements;
    throw Error(ErrorKind::usage, "--trace shows what a dry run does; nothing was run",
                "add --dry-run");
  }
  return settings.findings == FindingsPolicy::off ? Trace::off : Trace::findings;
}

std::optional<BySteps> given_steps(const CLI::Option& option) {
  const std::string hint = "give a number from 1 up, for example --steps 2";
  const auto text = given_text(option, "number of steps", hint);
  if (!text) return std::nullopt;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size() || count == 0) {
    throw Error(ErrorKind::usage, fmt::format("`{}` is not a number of steps", *text), hint);
  }
  return BySteps{count};
}

namespace {

bool watches_drift(const Context& context, Finish finish) {
  return context.settings().drift != DriftPolicy::off && finish != Finish::roll_back;
}

// A rollback is compared with what was there when its target was current; then the schema is noted
// for the next time. The run itself is over and done.
SchemaDrift look_at_schema(Context& context, const Report& report) {
  if (!watches_drift(context, report.finish) || report.failure ||
      report.count(StepOutcome::done) == 0) {
    return {};
  }
  // Nothing that may take long, such as a COMMIT that waits for a standby, once somebody has
  // enough.
  if (context.interrupt().signal() != 0) return {};
  try {
    SchemaDrift drift;
    if (report.direction == Direction::down) {
      drift = context.migrator().drift_from_current();
    }
    context.migrator().record_schema();
    return drift;
  } catch (const Error& error) {
    note(context, fmt::format("the schema could not be recorded: {}", error.what()));
    return {};
  }
}

// The document says what the person was told before.
void keep(Foresight foresight, Report& report) {
  if (foresight.losses.size() != report.steps.size()) return;  // the plan was made again
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    report.steps[i].losses = std::move(foresight.losses[i]);
  }
  report.unforeseen = std::move(foresight.unknown);
}

}  // namespace

void watch_drift(Context& context, const PreparedRun& prepared) {
  if (!watches_drift(context, prepared.request.finish) || prepared.plan.steps.empty()) return;
  // A script that stopped half way is why; it is told of by itself.
  if (std::ranges::any_of(prepared.ledger.rows,
                          [](const LedgerRow& row) { return row.progress.has_value(); })) {
    return;
  }
  const SchemaDrift drift = context.migrator().drift_from_record();
  if (!drift.changed) return;
  const std::string what =
      fmt::format("the schema is not what the last run left at {}{}", drift.version,
                  drift.differences.empty() ? "" : ": " + drift.counted());
  const std::string hint = "`pgtide drift --recorded` lists what differs";
  if (context.settings().drift == DriftPolicy::error) {
    throw Error(ErrorKind::usage, what + "; nothing was run",
                hint + "; undo it, or run with --drift warn");
  }
  context.observer().on_remark({.where = {}, .message = what, .hint = hint, .source_line = {}});
}

int run_and_report(Context& context, PreparedRun prepared, RunRecord& record) {
  Console& console = context.console();
  context.observer().set_finish(prepared.request.finish);
  for (const std::string& notice : prepared.plan.notices) note(context, notice);
  record.run_id = context.migrator().run_id();
  record.database = prepared.ledger.server.database;
  if (watches_drift(context, prepared.request.finish)) context.migrator().record_levels();
  Foresight foresight = std::move(prepared.foresight);
  record.report = context.migrator().execute(std::move(prepared));
  keep(std::move(foresight), *record.report);
  const Report& report = *record.report;
  if (!console.json()) {
    console.progress(render::traces_text(report, console.result_style()));
    if (report.finish == Finish::roll_back) {
      console.progress(render::losses_text(report, console.result_style()));
    }
    console.progress(render::findings_text(report.findings, console.result_style()));
  }
  if (report.failure) {
    const Failure& failure = *report.failure;
    console.message(render::failure_text(failure, console.message_style()));
    context.log().write({.level = "error",
                         .event = LogEvent::run_failed,
                         .message = failure.message,
                         .where = failure.where,
                         .hint = failure.hint});
  }
  const SchemaDrift schema = look_at_schema(context, report);
  if (console.json()) {
    console.result(render::report_json(report, schema));
  } else {
    console.progress(render::summary_text(report, console.result_style()));
  }
  console.progress(render::restored_text(schema, console.result_style()));
  context.log().write({.event = LogEvent::finished, .duration_ms = report.duration_ms});
  if (schema.changed) return exit_findings;
  const int code = exit_code(report, context.settings().not_simulable);
  const bool counts = context.settings().findings == FindingsPolicy::error;
  return code == exit_done && counts && !report.findings.empty() ? exit_findings : code;
}

}  // namespace pgtide::cli
