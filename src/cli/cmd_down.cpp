#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/run_command.hpp"

namespace pgtide::cli {
namespace {

struct Options {
  std::string version;
  std::string steps;
  CLI::Option* version_given = nullptr;
  bool dry_run = false;
};

RunRequest request_of(const Options& options) {
  RunRequest request{.direction = Direction::down, .target = ToVersion{options.version}};
  if (options.version_given->count() == 0 && !options.steps.empty()) {
    request.target = BySteps{parse_steps(options.steps)};
  }
  if (options.dry_run || npm_dry_run()) request.finish = Finish::roll_back;
  return request;
}

// Throws unless the rollback may go on.
void ask_first(Context& context, const PreparedRun& prepared) {
  const Settings& settings = context.settings();
  const bool harmless = prepared.plan.steps.empty() || prepared.request.finish == Finish::roll_back;
  if (harmless || settings.assume_yes) return;
  if (context.console().interactive()) {
    context.ask("roll back?", "nothing was rolled back");
  } else if (settings.production()) {
    throw Error(
        ErrorKind::usage,
        "nobody can be asked here and the environment is production; nothing was rolled back",
        "add --yes when this is what you want");
  }
}

int run(Context& context, const Options& options) {
  const RunRequest request = request_of(options);
  PreparedRun prepared = context.migrator().prepare(request);
  if (!prepared.plan.steps.empty()) {
    context.console().progress(render::plan_text(prepared.plan, context.console().result_style(),
                                                 prepared.request.finish));
  }
  ask_first(context, prepared);
  return run_and_report(context, std::move(prepared));
}

}  // namespace

Command down_command() {
  return {"down",
          "VERSION",
          "roll back every migration above VERSION",
          "",
          "  pgtide down 3                 roll back everything above 0003\n"
          "  pgtide down --steps 1         roll back the newest one\n"
          "  pgtide down 0                 roll back everything\n"
          "  pgtide down 3 --dry-run       try it, commit nothing\n",
          [](CLI::App& app) {
            auto options = std::make_shared<Options>();
            options->version_given = app.add_option(
                "VERSION", options->version,
                "the migration to go back to; it stays applied. 0: go back to nothing");
            app.add_option("--steps", options->steps, "roll back the newest N migrations")
                ->type_name("N")
                ->excludes(options->version_given);
            app.add_flag("--dry-run", options->dry_run,
                         "run on the server, show what happened, commit nothing");
            return [options](Context& context) { return run(context, *options); };
          }};
}

}  // namespace pgtide::cli
