#include "cli/run_command.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cli/exit_codes.hpp"

namespace pgtide::cli {

bool npm_dry_run() {
  const char* value = std::getenv("npm_config_dry_run");
  return value != nullptr && std::string_view(value) == "true";
}

std::size_t parse_steps(const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0) {
    throw Error(ErrorKind::usage, fmt::format("`{}` is not a number of steps", text),
                "give a number from 1 up, for example --steps 2");
  }
  return count;
}

int run_and_report(Context& context, PreparedRun prepared) {
  Console& console = context.console();
  context.observer().set_finish(prepared.request.finish);
  for (const std::string& notice : prepared.plan.notices) note(context, notice);
  const Report report = context.migrator().execute(std::move(prepared));
  if (report.failure) {
    const Failure& failure = *report.failure;
    console.message(render::failure_text(failure, console.message_style()));
    context.log().write({.level = "error",
                         .event = "run_failed",
                         .message = failure.message,
                         .where = failure.where,
                         .hint = failure.hint});
  }
  if (console.json()) {
    console.result(render::report_json(report));
  } else {
    console.progress(render::summary_text(report, console.result_style()));
  }
  context.log().write({.event = "finished", .duration_ms = report.duration_ms});
  return exit_code(report);
}

}  // namespace pgtide::cli
