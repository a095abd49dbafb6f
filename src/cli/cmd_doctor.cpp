#include <fmt/format.h>

#include <charconv>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/npm_dry_run.hpp"
#include "pgtide/doctor.hpp"

namespace pgtide::cli {
namespace {

int pid_of(const std::string& text) {
  int pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error == std::errc() && end == text.data() + text.size() && pid > 0) return pid;
  throw Error(ErrorKind::usage, fmt::format("`{}` is not the pid of a session", text),
              "`pgtide doctor` lists who blocks whom");
}

int terminate(Context& context, int pid) {
  refuse_npm_dry_run("doctor --terminate");
  Console& console = context.console();
  SessionEnder ender(context.reachable());
  const std::string session = ender.choose(pid);
  console.progress(render::session_text(session));
  if (!context.settings().assume_yes) {
    context.ask_or_refuse("end this session and roll back what it began?", "no session was ended",
                          fmt::format("`pgtide doctor --terminate {} --yes` ends it", pid));
  }
  const bool ended = ender.end() == SessionEnder::Outcome::ended;
  const char* outcome = ended ? "ended" : "still_there";
  console.result(console.json() ? render::terminated_json(pid, session, outcome)
                 : ended        ? fmt::format("pid {} has ended\n", pid)
                         : fmt::format("pid {} was told to end and is still there after five "
                                       "seconds; look again with `pgtide doctor`\n",
                                       pid));
  context.log().write({.level = ended ? "info" : "error",
                       .event = LogEvent::terminated,
                       .message = fmt::format("pid {}: {}", pid, outcome)});
  return ended ? exit_done : exit_findings;
}

int look(Context& context) {
  Console& console = context.console();
  const HealthReport report = examine(context.reachable());
  console.result(console.json() ? render::health_json(report)
                                : render::health_text(report, console.result_style()));
  for (const HealthSection& section : report.sections) {
    for (const HealthFinding& finding : section.findings) {
      if (finding.severity == Condition::ok) continue;
      context.log().write({.level = finding.severity == Condition::fail ? "error" : "warning",
                           .event = LogEvent::finding,
                           .message = finding.message,
                           .section = section.name,
                           .hint = finding.hint});
    }
  }
  return report.severity() == Condition::ok ? exit_done : exit_findings;
}

}  // namespace

Command doctor_command() {
  return {"doctor",
          "",
          "say on one page what is wrong with the database, and what to type",
          "Connection, privileges, runs, versions, who blocks whom, what runs too long, invalid "
          "indexes,\nreplication, disk. Changes nothing, and exits with 1 when there is something "
          "to know of.\n",
          "  pgtide doctor\n"
          "  pgtide doctor --terminate 4711   end the session that blocks others\n",
          [](CLI::App& app) {
            auto pid = std::make_shared<std::string>();
            CLI::Option* given =
                app.add_option("--terminate", *pid,
                               "end the session with this pid: asks first, says whether it went")
                    ->type_name("PID");
            return [pid, given](Context& context) {
              return given->count() > 0 ? terminate(context, pid_of(*pid)) : look(context);
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
