#include "cli/commands.hpp"
#include "cli/record_command.hpp"

namespace pgtide::cli {
namespace {

struct Options {
  std::string applied;
  std::string rolled_back;
};

int run(Context& context, const Options& options) {
  if (options.applied.empty() == options.rolled_back.empty()) {
    throw Error(ErrorKind::usage, "say what is true of the version",
                "pgtide resolve --applied VERSION, or pgtide resolve --rolled-back VERSION");
  }
  Migrator& migrator = context.migrator();
  return show_recorded(context,
                       options.applied.empty() ? migrator.resolve_rolled_back(options.rolled_back)
                                               : migrator.resolve_applied(options.applied),
                       "resolved");
}

}  // namespace

Command resolve_command() {
  return {"resolve",
          "{--applied|--rolled-back} VERSION",
          "record that a version is applied or rolled back, without running it",
          "For a version that somebody finished or undid by hand.\n",
          "  pgtide resolve --applied 4\n"
          "  pgtide resolve --rolled-back 4\n",
          [](CLI::App& app) {
            auto options = std::make_shared<Options>();
            auto* applied =
                app.add_option("--applied", options->applied, "this version is in the database")
                    ->type_name("VERSION");
            app.add_option("--rolled-back", options->rolled_back,
                           "this version is not in the database")
                ->type_name("VERSION")
                ->excludes(applied);
            return [options](Context& context) { return run(context, *options); };
          }};
}

}  // namespace pgtide::cli
