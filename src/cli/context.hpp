// What every command gets.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "adapters/signal_interrupt.hpp"
#include "cli/console.hpp"
#include "cli/event_log.hpp"
#include "cli/run_observer.hpp"
#include "pgtide/embedded_server.hpp"
#include "pgtide/migrator.hpp"
#include "pgtide/settings.hpp"

namespace pgtide::cli {

class Context {
 public:
  Context(Console& console, EventLog& log, ResolvedSettings resolved);

  Console& console() { return console_; }
  EventLog& log() { return log_; }
  RunObserver& observer() { return observer_; }
  adapters::SignalInterrupt& interrupt() { return interrupt_; }
  const ResolvedSettings& resolved() const { return resolved_; }
  const Settings& settings() const { return resolved_.settings; }
  // Asks on the terminal. Throws unless the answer is yes; `outcome` says what did not happen
  // ("nothing was rolled back").
  void ask(const std::string& question, const std::string& outcome);
  // The same; where nobody can be asked it throws, too, and `hint` says what to type.
  void ask_or_refuse(const std::string& question, const std::string& outcome,
                     const std::string& hint);

  // What the migrator calls before a run; see MigratorHooks.
  void set_before_run(std::function<void(const PreparedRun&)> call) {
    before_run_ = std::move(call);
  }
  // Starts the embedded server if it is asked for; the settings then have its URL.
  const Settings& reachable();
  // The same, and connects, and from then on lets signals end a
  // run in order.
  Migrator& migrator();

 private:
  Console& console_;
  EventLog& log_;
  ResolvedSettings resolved_;
  adapters::SignalInterrupt interrupt_;
  RunObserver observer_;
  std::function<void(const PreparedRun&)> before_run_;
  std::unique_ptr<EmbeddedServer> server_;
  std::unique_ptr<Migrator> migrator_;
};

// `message` as a line that starts with `note: `.
void note(Context& context, const std::string& message);

}  // namespace pgtide::cli
