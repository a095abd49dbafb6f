#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/run_command.hpp"
#include "cli/surroundings.hpp"
#include "pgtide/proof_documents.hpp"

namespace pgtide::cli {
namespace {

struct Options : RunOptions {
  bool single_transaction = false;
  bool round_trip = false;
};

RunRequest request_of(const Options& options, const Settings& settings) {
  RunRequest request{.direction = Direction::up, .policy = settings.policy};
  // An empty VERSION is an unset variable, not a wish to go all the way.
  if (options.version_given->count() > 0) {
    request.target = ToVersion{options.version};
  } else if (const auto steps = given_steps(*options.steps_given)) {
    request.target = *steps;
  }
  request.finish =
      finish_of(options, options.single_transaction ? Finish::commit_all : Finish::commit_each);
  request.trace = trace_of(options, request.finish, settings);
  return request;
}

// A dry run that also goes back: what it finds is what verify would find, on the target itself.
int prove(Context& context, const PreparedRun& prepared) {
  const ProofReport report = context.migrator().prove_pending(prepared);
  Console& console = context.console();
  console.result(console.json() ? render::proof_json(report)
                                : render::proof_text(report, console.result_style()));
  console.progress("nothing was committed: a dry run ends with a rollback\n" +
                   render::left_behind_text(report.left_behind, console.result_style()));
  if (report.has_findings()) return exit_findings;
  return report.not_judged.empty() ? exit_done : exit_code(context.settings().not_simulable);
}

// Only where somebody can be asked: a deployment must not wait for an answer.
void ask_first(Context& context, const PreparedRun& prepared) {
  const Settings& settings = context.settings();
  Console& console = context.console();
  if (is_harmless(prepared) || settings.assume_yes || !settings.confirms_up() ||
      !console.interactive())
    return;
  console.progress(
      render::plan_text(prepared.plan, console.result_style(), prepared.request.finish));
  context.ask("apply?", "nothing was applied");
}

int run(Context& context, const Options& options) {
  const RunRequest request = request_of(options, context.settings());
  if (options.round_trip && request.finish != Finish::roll_back) {
    throw Error(ErrorKind::usage, "--round-trip goes with --dry-run only; nothing was run",
                "`pgtide up --dry-run --round-trip`, or `pgtide verify` on a private server");
  }
  Surroundings surroundings(context, Direction::up, request.finish);
  return surroundings.around([&](RunRecord& record) {
    PreparedRun prepared = context.migrator().prepare(request);
    if (options.round_trip) return prove(context, prepared);
    watch_drift(context, prepared);
    ask_first(context, prepared);
    return run_and_report(context, std::move(prepared), record);
  });
}

}  // namespace

Command up_command() {
  return {"up",
          "[VERSION]",
          "apply pending migrations, all or up to VERSION",
          "",
          "  pgtide up                     apply everything that is pending\n"
          "  pgtide up 5                   apply up to 0005\n"
          "  pgtide up --steps 1           apply the next one only\n"
          "  pgtide up --dry-run           run everything for real, then roll it back\n"
          "  pgtide up --dry-run --round-trip   and prove that each rollback works\n",
          [](CLI::App& app) {
            auto options = std::make_shared<Options>();
            options->version_given = app.add_option("VERSION", options->version,
                                                    "the last migration to apply (5 is 0005)");
            options->steps_given =
                app.add_option("--steps", options->steps, "apply the next N migrations")
                    ->type_name("N")
                    ->excludes(options->version_given);
            declare_dry_run(app, *options);
            app.add_flag("--single-transaction", options->single_transaction,
                         "all migrations in one transaction: all or nothing");
            app.add_flag("--round-trip", options->round_trip,
                         "with --dry-run: also roll each one back and apply it again");
            return [options](Context& context) { return run(context, *options); };
          },
          DryRun::honoured};
}

}  // namespace pgtide::cli
