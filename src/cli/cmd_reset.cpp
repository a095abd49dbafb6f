#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/run_command.hpp"
#include "cli/surroundings.hpp"
#include "pgtide/render_operations.hpp"
#include "pgtide/reset.hpp"

namespace pgtide::cli {
namespace {

int run(Context& context) {
  Console& console = context.console();
  const Settings& settings = context.settings();
  if (!settings.assume_yes) {
    throw Error(ErrorKind::usage,
                "this drops everything that the database holds; nothing was dropped",
                "`pgtide reset --yes` does it");
  }
  Surroundings surroundings(context, Direction::up, Finish::commit_each);
  return surroundings.around([&](RunRecord& record) {
    context.interrupt().arm(settings.timeout);
    const ResetResult reset = reset_database(
        context.reachable(),
        {.observer = &context.observer(), .interrupt = &context.interrupt(), .before_run = {}});
    console.progress(render::reset_text(reset.database, reset.schemas.size()));
    context.log().write({.level = "warning", .event = LogEvent::reset, .message = reset.database});
    PreparedRun prepared =
        context.migrator().prepare({.direction = Direction::up, .policy = settings.policy});
    return run_and_report(context, std::move(prepared), record);
  });
}

}  // namespace

Command reset_command() {
  return {"reset",
          "",
          "drop everything in the database and apply all migrations anew",
          "For development and tests. Needs --yes, and is refused in production and for a database "
          "whose\nlog has seen a run in production.\n",
          "  pgtide reset --yes\n",
          [](CLI::App&) { return run; }};
}

}  // namespace pgtide::cli
