#include "cli/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/backup_step.hpp"
#include "pgtide/conninfo.hpp"

namespace pgtide::cli {
Context::Context(Console& console, EventLog& log, ResolvedSettings resolved)
    : console_(console),
      log_(log),
      resolved_(std::move(resolved)),
      observer_(console, log, interrupt_) {}

void note(Context& context, const std::string& message) {
  context.observer().on_remark({.where = {}, .message = message, .hint = {}, .source_line = {}});
}

void Context::ask(const std::string& question, const std::string& outcome) {
  if (console_.confirm(question, interrupt_.wait_fd())) return;
  if (interrupt_.signal() != 0) {
    throw Error(ErrorKind::interrupted, "stopped; " + outcome).with_signal(interrupt_.signal());
  }
  throw Error(ErrorKind::usage, "declined; " + outcome);
}

void Context::ask_or_refuse(const std::string& question, const std::string& outcome,
                            const std::string& hint) {
  if (!console_.interactive()) {
    throw Error(ErrorKind::usage, "nobody can be asked here; " + outcome, hint);
  }
  ask(question, outcome);
}

const Settings& Context::reachable() {
  Settings& settings = resolved_.settings;
  if (server_) return settings;
  if (settings.embedded) {
    server_ = std::make_unique<EmbeddedServer>(EmbeddedServer::Options{
        .dir = *settings.embedded,
        .bin_dir = settings.pg_bin,
        .log = [this](const std::string& text) { console_.detail(text + "\n"); }});
    settings.url = server_->conninfo();
    console_.detail(fmt::format("embedded server: port {}, data {}, log {}\n", server_->port(),
                                server_->data_dir(), server_->log_file()));
  } else if (!settings.url.empty()) {
    const ConnectionTarget target = parse_connection(settings.url);
    console_.detail(fmt::format("connecting to {}\n", target.shown));
    // Before connecting: a misspelt `password` may be why that fails.
    for (const std::string& text : target.notices) note(*this, text);
  }
  return settings;
}

Migrator& Context::migrator() {
  if (migrator_) return *migrator_;
  const Settings& settings = reachable();
  MigratorHooks hooks{&observer_, &interrupt_};
  hooks.before_run = [this](const PreparedRun& prepared) {
    if (before_run_) before_run_(prepared);
  };
  hooks.backup_progress = show_growth(console_);
  hooks.backed_up = [this](const Backup& backup) {
    log_backup(log_, backup);
    console_.progress(render::backup_text(backup));
  };
  interrupt_.arm(settings.timeout);
  migrator_ = std::make_unique<Migrator>(settings, hooks);
  log_.set_run_id(migrator_->run_id());
  return *migrator_;
}

}  // namespace pgtide::cli
