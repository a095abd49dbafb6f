#include "cli/context.hpp"

#include <fmt/format.h>

#include <utility>

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

Migrator& Context::migrator() {
  if (migrator_) return *migrator_;
  Settings& settings = resolved_.settings;
  if (settings.embedded) {
    server_ = std::make_unique<EmbeddedServer>(EmbeddedServer::Options{
        .dir = *settings.embedded,
        .bin_dir = settings.pg_bin,
        .log = [this](const std::string& text) { console_.detail(text + "\n"); }});
    settings.url = server_->conninfo();
    console_.detail(fmt::format("embedded server: port {}, data {}, log {}\n", server_->port(),
                                server_->data_dir(), server_->log_file()));
  } else if (!settings.url.empty()) {
    console_.detail(fmt::format("connecting to {}\n", parse_connection(settings.url).shown));
  }
  migrator_ = std::make_unique<Migrator>(settings, MigratorHooks{&observer_, &interrupt_});
  interrupt_.arm();
  log_.set_run_id(migrator_->run_id());
  for (const std::string& text : migrator_->notices()) note(*this, text);
  return *migrator_;
}

}  // namespace pgtide::cli
