#include "cli/record_command.hpp"

#include "cli/exit_codes.hpp"

namespace pgtide::cli {

int show_recorded(Context& context, const std::vector<Step>& steps, const std::string& verb) {
  Console& console = context.console();
  console.result(console.json() ? render::recorded_json(steps, verb)
                                : render::recorded_text(steps, verb, console.result_style()));
  return exit_done;
}

}  // namespace pgtide::cli
