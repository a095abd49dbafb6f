// Errors that nobody dealt with become a message and an exit code here.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include "adapters/signal_interrupt.hpp"
#include "cli/arguments.hpp"
#include "cli/exit_codes.hpp"
#include "cli/npm_dry_run.hpp"
#include "pgtide/conninfo.hpp"

namespace pgtide::cli {
namespace {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// A URL may stand where something else was expected, and be quoted in the message.
Error redacted(const Error& error) {
  const bool is_setting = error.kind() == ErrorKind::config || error.kind() == ErrorKind::usage;
  const auto hide = is_setting ? redact_broken_url : redact;
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems) {
    problem.message = hide(problem.message);
    problem.source_line = hide(problem.source_line);
  }
  return Error(error.kind(), hide(error.what()), std::move(problems), error.hint())
      .with_sqlstate(error.sqlstate(), redact(error.detail()))
      .with_signal(error.signal());
}

int report_error(Console& console, EventLog& log, const Error& unsafe) {
  const Error error = redacted(unsafe);
  const int code = exit_code(error);
  if (console.json()) console.result(render::error_json(error, code));
  console.message(render::error_text(error, console.message_style()));
  log.write(
      {.level = "error", .event = LogEvent::error, .message = error.what(), .hint = error.hint()});
  for (const Problem& problem : error.problems()) log.write(LogEvent::problem, "error", problem);
  return code;
}

// What a flag or variable says before anything else is read, so that even a wrong command line is
// reported in the form that was asked for.
OutputFormat early_format(const std::vector<std::string>& words, const std::string& flag,
                          const std::string& variable) {
  std::string value = environment_variable(variable).value_or("");
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with(flag + "=")) value = words[i].substr(flag.size() + 1);
    if (words[i] == flag && i + 1 < words.size()) value = words[i + 1];
  }
  return value == "json" ? OutputFormat::json : OutputFormat::text;
}

// Everybody can read the arguments of a process: those that hold a password are written over.
void hide_passwords(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::string shown = redact(std::string(word));
    if (shown == word) continue;
    shown.resize(word.size());
    std::copy(shown.begin(), shown.end(), argv[i]);
  }
}

// A connection that was cut off because the server gave no answer any more looks like a lost one.
Error as_stopped(const Error& error) {
  const bool is_stopped = error.kind() == ErrorKind::environment && adapters::noted_signal() != 0 &&
                          adapters::servers_are_given_up();
  if (!is_stopped) return error;
  return Error(ErrorKind::interrupted, "stopped, and the server gave no answer any more",
               "`pgtide status` tells what is applied once it does")
      .with_signal(adapters::noted_signal());
}

int run(const std::vector<std::string>& words, Console& console, EventLog& log) {
  const OutputFormat log_format = early_format(words, "--log-format", "PGTIDE_LOG_FORMAT");
  console.configure(early_format(words, "--format", "PGTIDE_FORMAT"), log_format,
                    Verbosity::normal);
  log.configure(log_format);
  try {
    Arguments arguments = parse_arguments(words);
    if (!arguments.text.empty()) {
      console.result(arguments.text);
      return exit_done;
    }
    arguments.settings.getenv = environment_variable;
    ResolvedSettings resolved = resolve_settings(arguments.settings);
    console.configure(resolved.settings.format, resolved.settings.log_format, arguments.verbosity);
    log.configure(resolved.settings.log_format);
    Context context(console, log, std::move(resolved));
    for (const std::string& text : context.resolved().notices) note(context, text);
    if (arguments.dry_run == DryRun::refused) refuse_npm_dry_run(arguments.command);
    return arguments.run(context);
  } catch (const Error& error) {
    return report_error(console, log, as_stopped(error));
  } catch (const std::exception& error) {
    return report_error(
        console, log,
        Error(ErrorKind::internal, std::string("a defect of pgtide: ") + error.what()));
  }
}

// What was done stays done, but whoever reads the output must not take what is missing for it.
int judge_output(int code, Console& console, EventLog& log) {
  if (console.output_error() == 0) return code;
  const std::string what =
      fmt::format("the output cannot be written: {}", std::strerror(console.output_error()));
  const bool well = code == exit_done || code == exit_findings;
  const Error error(ErrorKind::environment,
                    what + (well ? "; the command itself was carried out" : ""),
                    "`pgtide status` shows what is applied");
  const int own = report_error(console, log, error);
  return well ? own : code;
}

// Whoever is started without them must not write his output into a file that is opened later.
void keep_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(file, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/dev/null", O_RDWR) < 0) return;
  }
}

}  // namespace
}  // namespace pgtide::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // `pgtide up | head` must not end a run half way
  pgtide::cli::keep_standard_files();
  pgtide::cli::Console console;
  pgtide::cli::EventLog log;
  const std::vector<std::string> words(argv + 1, argv + argc);
  pgtide::cli::hide_passwords(argc, argv);
  return pgtide::cli::judge_output(pgtide::cli::run(words, console, log), console, log);
}
