#include "cli/backup_step.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/given_text.hpp"

namespace pgtide::cli {

Command backup_command() {
  return {"backup",
          "",
          "back the database up with pg_dump, and check that it can be restored",
          "`up --backup` does the same before it runs. Older backups are kept as the settings "
          "backup.keep_*\nsay.\n",
          "  pgtide backup\n"
          "  pgtide backup --backup-dir /var/backups/shop\n",
          [](CLI::App&) {
            return [](Context& context) {
              Console& console = context.console();
              context.interrupt().arm(context.settings().timeout);
              const Backup backup =
                  back_up(context.reachable(), context.interrupt(), show_growth(console));
              log_backup(context.log(), backup);
              console.result(console.json() ? render::backup_json(backup)
                                            : render::backup_text(backup));
              return exit_done;
            };
          }};
}

Command restore_command() {
  return {"restore",
          "[FILE]",
          "print the commands that restore a backup; nothing is run",
          "Without FILE the newest backup of the database.\n",
          "  pgtide restore\n"
          "  pgtide restore backups/shop-20260115T102233Z.dump\n",
          [](CLI::App& app) {
            auto file = std::make_shared<std::string>();
            CLI::Option* given = app.add_option("FILE", *file, "a backup (default: the newest)");
            return [file, given](Context& context) {
              Console& console = context.console();
              const auto wanted =
                  given_text(*given, "name of the backup", "leave it out for the newest one");
              const RestoreAdvice advice =
                  restore_advice(context.reachable(), wanted.value_or(std::string()));
              console.result(console.json() ? render::restore_json(advice)
                                            : render::restore_text(advice));
              return exit_done;
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
