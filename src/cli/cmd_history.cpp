#include <fmt/format.h>

#include <charconv>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace pgtide::cli {

namespace {

std::size_t count_of(const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size()) return count;
  throw Error(ErrorKind::usage, fmt::format("`{}` is not a number of events", text),
              "give a number, for example --limit 100; 0 shows all");
}

}  // namespace

Command history_command() {
  return {"history",
          "",
          "show the log of everything that was done, newest first",
          "",
          "  pgtide history\n"
          "  pgtide history --limit 100 --format json\n",
          [](CLI::App& app) {
            auto limit = std::make_shared<std::string>("30");
            app.add_option("--limit", *limit, "show at most N events, 0: all (default: 30)")
                ->type_name("N");
            return [limit](Context& context) {
              Console& console = context.console();
              const std::size_t most = count_of(*limit);
              const std::vector<LogEntry> entries = context.migrator().history(most);
              console.result(console.json()
                                 ? render::history_json(entries)
                                 : render::history_text(entries, console.result_style()));
              return exit_done;
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
