#include <algorithm>

#include "cli/commands.hpp"
#include "cli/record_command.hpp"

namespace pgtide::cli {
namespace {

bool has_tables(const schema::Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.objects,
                             [](const schema::Object& object) { return object.kind == "table"; });
}

}  // namespace

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
              const auto steps = context.migrator().baseline(*version);
              if (!has_tables(context.migrator().schema())) {
                note(context,
                     "the database has no tables; `pgtide drift` tells what a baseline takes for "
                     "granted");
              }
              return show_recorded(context, steps, "baselined");
            };
          }};
}

}  // namespace pgtide::cli
