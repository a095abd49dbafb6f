// For the person on call.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pgtide/health.hpp"
#include "pgtide/settings.hpp"

namespace pgtide {

// Looks at everything that can be looked at; changes nothing. A database that cannot be reached is
// a finding. Throws Error(config) only, when no database is named.
HealthReport examine(const Settings& settings);

// Ends sessions, on a connection of its own. Functions throw Error(environment).
class SessionEnder {
 public:
  explicit SessionEnder(const Settings& settings);
  ~SessionEnder();
  SessionEnder(const SessionEnder&) = delete;
  SessionEnder& operator=(const SessionEnder&) = delete;

  // Who that is and what it does, in one line. Throws Error(usage) when there is no such session or
  // when it is none that may be ended.
  std::string choose(int pid);

  enum class Outcome { ended, still_there };
  // Ends the session that was chosen, and no other that has its pid by now; waits up to five
  // seconds until it is gone. What it began is rolled back.
  Outcome end();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgtide
