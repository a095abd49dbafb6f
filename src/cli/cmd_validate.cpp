#include <fmt/format.h>

#include "app/directory_notices.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "core/wording.hpp"
#include "pgtide/render_operations.hpp"
#include "pgtide/rollback_writer.hpp"

namespace pgtide::cli {

Command validate_command() {
  return {
      "validate",
      "",
      "check the migrations directory without a database",
      "",
      "  pgtide validate\n"
      "  pgtide validate --dir db/migrations --format json\n",
      [](CLI::App&) {
        return [](Context& context) {
          Console& console = context.console();
          const std::string& dir = context.settings().dir;
          const std::vector<Problem> problems = validate_directory(dir);
          for (const Problem& notice : directory_notices(dir)) {
            context.observer().on_remark(notice);
          }
          for (const Problem& problem : problems) {
            context.log().write(LogEvent::problem, "error", problem);
          }
          const std::vector<Problem> notes = unproved_rollbacks(dir);
          for (const Problem& one : notes) {
            note(context, fmt::format("{}: {}; {}", one.where.file, one.message, one.hint));
          }
          if (console.json()) {
            console.result(render::validation_json(problems, notes));
          } else if (problems.empty()) {
            console.result(fmt::format("{} is valid\n", dir));
          } else {
            console.message(render::problems_text(problems, console.message_style()));
            console.message(fmt::format("{} has {}\n", dir, counted(problems.size(), "problem")));
          }
          return problems.empty() ? exit_done : exit_usage;
        };
      },
      DryRun::harmless};
}

}  // namespace pgtide::cli
