#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace pgtide::cli {

Command history_command() {
  return {"history", "show the log of everything that was done, newest first",
          "Examples:\n"
          "  pgtide history\n"
          "  pgtide history --limit 100 --format json\n",
          [](CLI::App& app) {
            auto limit = std::make_shared<std::size_t>(30);
            app.add_option("--limit", *limit, "show at most N events; 0 shows all")
                ->type_name("N")
                ->capture_default_str();
            return [limit](Context& context) {
              Console& console = context.console();
              const std::vector<LogEntry> entries = context.migrator().history(*limit);
              console.result(console.json()
                                 ? render::history_json(entries)
                                 : render::history_text(entries, console.result_style()));
              return exit_done;
            };
          }};
}

}  // namespace pgtide::cli
