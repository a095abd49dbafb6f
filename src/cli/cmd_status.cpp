#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace pgtide::cli {

Command status_command() {
  return {"status",
          "",
          "show every migration and its state",
          "",
          "  pgtide status\n"
          "  pgtide status --check         exit 1 unless all is applied and unchanged\n"
          "  pgtide status --format json\n",
          [](CLI::App& app) {
            auto check = std::make_shared<bool>(false);
            app.add_flag("--check", *check,
                         "exit 1 when anything is pending, failed, changed or missing; what the "
                         "database has above the newest file counts with --database-ahead error");
            return [check](Context& context) {
              Console& console = context.console();
              const StatusReport report = context.migrator().status();
              console.result(console.json() ? render::status_json(report)
                                            : render::status_text(report, console.result_style()));
              const bool is_clean = report.clean(context.settings().policy.database_ahead);
              return *check && !is_clean ? exit_findings : exit_done;
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
