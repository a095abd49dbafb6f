#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "pgtide/drift.hpp"
#include "pgtide/drift_documents.hpp"

namespace pgtide::cli {
namespace {

int run(Context& context, render::ComparedWith with) {
  Migrator& migrator = context.migrator();
  const SchemaDrift drift =
      with == render::ComparedWith::record
          ? migrator.drift_from_record()
          : drift_from_replay(migrator, context.settings(), context.interrupt());
  Console& console = context.console();
  console.result(console.json() ? render::drift_json(drift, with)
                                : render::drift_text(drift, with, console.result_style()));
  return drift.changed ? exit_findings : exit_done;
}

}  // namespace

Command drift_command() {
  return {"drift",
          "",
          "say whether the schema is what the migrations make",
          "Replays the applied versions on a private server and compares its schema with\n"
          "the database's; owners and grants are left out, because the replay has other\n"
          "roles. With --recorded it compares with what the last run noted instead, and\n"
          "starts no server.\n",
          "  pgtide drift                  compare with a replay of what is applied\n"
          "  pgtide drift --recorded       compare with what the last run noted\n",
          [](CLI::App& app) {
            auto recorded = std::make_shared<bool>(false);
            app.add_flag("--recorded", *recorded, "compare with what the last run noted");
            return [recorded](Context& context) {
              return run(context,
                         *recorded ? render::ComparedWith::record : render::ComparedWith::replay);
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
