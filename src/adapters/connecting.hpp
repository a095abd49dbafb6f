// One attempt to connect.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/connection_errors.hpp"
#include "adapters/pg_connection.hpp"

namespace pgtide::adapters {

// How long it may take, and who may end it. Throws Error(interrupted) when somebody does.
struct Patience {
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  // unset: none
  const ports::Interrupt* interrupt = nullptr;                         // not owned; may be absent

  // Waits until the socket has what `events` of poll(2) names; false when the time is over.
  bool wait(int socket, short events) const;
  void pause(std::chrono::milliseconds length) const;
};

// Logs in and has one query answered: a pooler takes a login before it has a session. `conninfo`
// names one host. What the server says meanwhile goes to `on_notice`.
std::variant<Connection, Refusal> connect_once(const std::string& conninfo,
                                               const Patience& patience,
                                               const NoticeHandler& on_notice);

// libpq tries the hosts of a string one after the other, but then nobody can give each its time:
// one string for each host, in the order in which they are to be tried.
std::vector<std::string> each_host(const std::string& conninfo);

}  // namespace pgtide::adapters
