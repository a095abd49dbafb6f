#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace pgtide::cli {

Command config_command() {
  return {"config",
          "",
          "show the effective settings and where each came from",
          "Passwords are never shown.\n",
          "  pgtide config\n"
          "  pgtide config --env production\n",
          [](CLI::App&) {
            return [](Context& context) {
              Console& console = context.console();
              console.result(console.json() ? render::config_json(context.resolved())
                                            : render::config_text(context.resolved().effective,
                                                                  console.result_style()));
              return exit_done;
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
