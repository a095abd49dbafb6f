#include "cli/commands.hpp"
#include "cli/record_command.hpp"

namespace pgtide::cli {

Command baseline_command() {
  return {"baseline",
          "VERSION",
          "record everything up to VERSION as applied, without running it",
          "For a database that has its schema already.\n",
          "  pgtide baseline 12            0001 to 0012 count as applied\n",
          [](CLI::App& app) {
            auto version = std::make_shared<std::string>();
            app.add_option("VERSION", *version, "the last migration whose effects the database has")
                ->required();
            return [version](Context& context) {
              return show_recorded(context, context.migrator().baseline(*version), "baselined");
            };
          }};
}

}  // namespace pgtide::cli
