#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/run_command.hpp"
#include "cli/surroundings.hpp"

namespace pgtide::cli {
namespace {

struct Options : RunOptions {
  bool last_good = false;
  bool last_run = false;
  bool from_ledger = false;
};

// Who chose where to go: pgtide's own choice has to be confirmed.
enum class ChosenBy { person, pgtide };

struct Choice {
  Target target;
  ChosenBy by = ChosenBy::person;
  std::string same_as;  // the command that names what was chosen; empty when there is none
};

Choice choose(Context& context, const Options& options) {
  if (!options.last_good && !options.last_run) {
    if (const auto steps = given_steps(*options.steps_given)) return {.target = *steps};
    return {.target = ToVersion{options.version}};
  }
  const WayBack way =
      options.last_good ? context.migrator().last_good() : context.migrator().last_run();
  context.console().progress(render::way_back_text(way, context.console().result_style()));
  Choice choice{.target = way.target, .by = ChosenBy::pgtide};
  if (way.reason != WayBackReason::last_run) {
    choice.same_as =
        fmt::format("pgtide down {}", way.version.empty() ? std::string("0") : way.version);
  }
  return choice;
}

// Throws unless the rollback may go on.
void ask_first(Context& context, const PreparedRun& prepared, const Choice& choice) {
  const Settings& settings = context.settings();
  if (is_harmless(prepared) || settings.assume_yes) return;
  if (context.console().interactive()) {
    context.ask("roll back?", "nothing was rolled back");
  } else if (settings.production()) {
    throw Error(
        ErrorKind::usage,
        "nobody can be asked here and the environment is production; nothing was rolled back",
        "add --yes when this is what you want");
  } else if (choice.by == ChosenBy::pgtide) {
    throw Error(ErrorKind::usage,
                "nobody can be asked here whether this is meant; nothing was rolled back",
                choice.same_as.empty() ? std::string("add --yes when this is what you want")
                                       : fmt::format("`{}` does it, or add --yes", choice.same_as));
  }
}

int roll_back(Context& context, const Options& options, Finish finish, RunRecord& record) {
  const Choice choice = choose(context, options);
  RunRequest request{.direction = Direction::down, .target = choice.target, .finish = finish};
  if (options.from_ledger) request.scripts = ScriptSource::ledger;
  request.trace = trace_of(options, request.finish, context.settings());
  PreparedRun prepared = context.migrator().prepare(request);
  if (!is_harmless(prepared)) prepared.foresight = context.migrator().foresee(prepared);
  if (!prepared.plan.steps.empty()) {
    context.console().progress(render::plan_text(prepared.plan, context.console().result_style(),
                                                 prepared.request.finish));
    context.console().progress(render::foresight_text(prepared.plan, prepared.foresight,
                                                      context.console().result_style()));
  }
  ask_first(context, prepared, choice);
  return run_and_report(context, std::move(prepared), record);
}

int run(Context& context, const Options& options) {
  const Finish finish = finish_of(options, Finish::commit_each);
  Surroundings surroundings(context, Direction::down, finish);
  return surroundings.around(
      [&](RunRecord& record) { return roll_back(context, options, finish, record); });
}

void declare_targets(CLI::App& app, Options& options) {
  options.version_given =
      app.add_option("VERSION", options.version,
                     "the migration to go back to; it stays applied. 0: go back to nothing");
  options.steps_given =
      app.add_option("--steps", options.steps, "roll back the newest N migrations")->type_name("N");
  CLI::Option* good =
      app.add_flag("--last-good", options.last_good,
                   "go back to the version marked with `mark-good`; without a mark to where the "
                   "last successful `up` started");
  CLI::Option* last =
      app.add_flag("--last-run", options.last_run, "roll back what the last `up` applied");
  options.steps_given->excludes(options.version_given);
  good->excludes(options.version_given)->excludes(options.steps_given);
  last->excludes(options.version_given)->excludes(options.steps_given)->excludes(good);
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
          "  pgtide down 3 --dry-run       try it, commit nothing\n"
          "  pgtide down --last-good       go back to what is known to work\n"
          "  pgtide down 3 --from-ledger   without any files\n",
          [](CLI::App& app) {
            auto options = std::make_shared<Options>();
            declare_targets(app, *options);
            app.add_flag("--from-ledger", options->from_ledger,
                         "use the rollback scripts that the database stores; no migrations "
                         "directory is needed");
            declare_dry_run(app, *options);
            return [options](Context& context) { return run(context, *options); };
          },
          DryRun::honoured};
}

}  // namespace pgtide::cli
