// The only place that turns an error into an exit code.
#include <csignal>
#include <cstdlib>
#include <exception>

#include "cli/arguments.hpp"
#include "cli/exit_codes.hpp"

namespace pgtide::cli {
namespace {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

int report_error(Console& console, EventLog& log, const Error& error) {
  const int code = exit_code(error);
  if (console.json()) console.result(render::error_json(error, code));
  if (log.enabled()) {
    log.write({.level = "error", .event = "error", .message = error.what()});
  } else {
    console.message(render::error_text(error, console.message_style()));
  }
  return code;
}

int run(const std::vector<std::string>& words, Console& console, EventLog& log) {
  try {
    Arguments arguments = parse_arguments(words);
    if (!arguments.text.empty()) {
      console.result(arguments.text);
      return exit_done;
    }
    arguments.settings.getenv = environment_variable;
    ResolvedSettings resolved = resolve_settings(arguments.settings);
    console.configure(resolved.settings.format, arguments.verbosity);
    log.configure(resolved.settings.log_format);
    Context context(console, log, std::move(resolved));
    for (const std::string& text : context.resolved().notices) note(context, text);
    return arguments.run(context);
  } catch (const Error& error) {
    return report_error(console, log, error);
  } catch (const std::exception& error) {
    return report_error(
        console, log,
        Error(ErrorKind::internal, std::string("a defect of pgtide: ") + error.what()));
  }
}

}  // namespace
}  // namespace pgtide::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // `pgtide up | head` must not end a run half way
  pgtide::cli::Console console;
  pgtide::cli::EventLog log;
  return pgtide::cli::run({argv + 1, argv + argc}, console, log);
}
