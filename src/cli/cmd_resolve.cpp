#include "cli/commands.hpp"
#include "cli/given_text.hpp"
#include "cli/record_command.hpp"

namespace pgtide::cli {
namespace {

struct Options {
  std::string applied;
  std::string rolled_back;
  CLI::Option* applied_given = nullptr;
  CLI::Option* rolled_back_given = nullptr;
};

int run(Context& context, const Options& options) {
  const std::string hint =
      "pgtide resolve --applied VERSION, or pgtide resolve --rolled-back VERSION";
  const auto applied = given_text(*options.applied_given, "version", hint);
  const auto rolled_back = given_text(*options.rolled_back_given, "version", hint);
  if (!applied && !rolled_back) {
    throw Error(ErrorKind::usage, "say what is true of the version", hint);
  }
  Migrator& migrator = context.migrator();
  return show_recorded(
      context,
      applied ? migrator.resolve_applied(*applied) : migrator.resolve_rolled_back(*rolled_back),
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
            options->applied_given =
                app.add_option("--applied", options->applied, "this version is in the database")
                    ->type_name("VERSION");
            options->rolled_back_given = app.add_option("--rolled-back", options->rolled_back,
                                                        "this version is not in the database")
                                             ->type_name("VERSION")
                                             ->excludes(options->applied_given);
            return [options](Context& context) { return run(context, *options); };
          }};
}

}  // namespace pgtide::cli
