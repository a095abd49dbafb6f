#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/record_command.hpp"

namespace pgtide::cli {
namespace {

int run(Context& context) {
  Console& console = context.console();
  const std::vector<Step> changed = context.migrator().changed();
  if (changed.empty()) return show_recorded(context, changed, "repaired");
  console.progress(render::recorded_text(changed, "changed", console.result_style()));
  if (!context.settings().assume_yes) {
    context.ask_or_refuse("record the files as they are now, without running them?",
                          "no checksum was rewritten",
                          "add --yes when these changes need not run; only the checksums are "
                          "recorded");
  }
  const std::vector<Step> repaired = context.migrator().repair();
  const int code = show_recorded(context, repaired, "repaired");
  if (!repaired.empty()) note(context, "only checksums were recorded; no script was run");
  return code;
}

}  // namespace

Command repair_command() {
  return {"repair",
          "",
          "record the checksums of changed files as they are now",
          "Shows every applied migration whose file changed, asks, and rewrites the checksums in "
          "the ledger.\nNo script is run: where the change belongs into the database, write a new "
          "migration, or roll\nthe newest one back and apply it again.\n",
          "  pgtide repair\n"
          "  pgtide repair --yes           without a terminal\n",
          [](CLI::App&) { return run; }};
}

}  // namespace pgtide::cli
