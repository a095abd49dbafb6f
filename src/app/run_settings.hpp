// What a run needs, from the settings.
#pragma once

#include <string>

#include "engine/session_sql.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/effective_settings.hpp"
#include "pgtide/ledger.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide {

class NoInterrupt final : public ports::Interrupt {
 public:
  int signal() const override { return 0; }
  int wait_fd() const override { return -1; }
};

std::string new_run_id();  // a UUID
std::string host_name();

// Throws Error(config) when there is no database, or a URL that cannot be understood.
ConnectionTarget target_of(const Settings& settings);
LedgerNames names_of(const Settings& settings, const ConnectionTarget& target);
// What `settings` leaves open is as the session of the server began.
engine::SessionSettings session_settings(const Settings& settings, const ConnectionTarget& target,
                                         const ServerFacts& server);
// The usual values of what `settings` leaves open.
std::chrono::milliseconds lock_timeout_of(const Settings& settings);
engine::SessionSettings session_settings(const Settings& settings, const ConnectionTarget& target);

}  // namespace pgtide
