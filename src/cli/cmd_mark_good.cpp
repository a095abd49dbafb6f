#include "cli/commands.hpp"
#include "cli/record_command.hpp"

namespace pgtide::cli {

Command mark_good_command() {
  return {"mark-good",
          "[VERSION]",
          "note a version as good: `down --last-good` goes back to it",
          "Without VERSION the current one. Looks at the database only, not at the migrations "
          "directory.\n",
          "  pgtide mark-good              after a deployment that proved itself\n"
          "  pgtide mark-good 12\n",
          [](CLI::App& app) {
            auto version = std::make_shared<std::string>();
            CLI::Option* given =
                app.add_option("VERSION", *version, "an applied version (default: the newest one)");
            return [version, given](Context& context) {
              std::optional<std::string> wanted;
              // An empty VERSION is an unset variable, not a wish to mark the newest.
              if (given->count() > 0) wanted = *version;
              return show_recorded(context, context.migrator().mark_good(wanted), "marked good");
            };
          }};
}

}  // namespace pgtide::cli
