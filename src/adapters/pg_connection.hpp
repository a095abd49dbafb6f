// Opening connections.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/open_sockets.hpp"
#include "pgtide/pooling.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::adapters {

struct ConnectionDeleter {
  void operator()(PGconn* connection) const {
    forget_connection(connection);
    PQfinish(connection);
  }
};
using Connection = std::unique_ptr<PGconn, ConnectionDeleter>;

using NoticeHandler = std::function<void(const ports::ServerMessage&)>;

struct ConnectOptions {
  std::string conninfo;
  std::string application_name = "pgtide";
  std::optional<std::chrono::milliseconds> connect_timeout = {};  // as in Settings
  const ports::Interrupt* interrupt = nullptr;  // ends the attempt; not owned, may be absent
  NoticeHandler on_notice = {};                 // gets what the server says at login
};

// Of a connection and its first answer; 0: none.
std::chrono::milliseconds connect_timeout_of(const ConnectOptions& options);

// A value of a key=value string; the last of two with the same key counts.
std::string quoted_value(std::string_view value);

// `conninfo` (URL or key=value) with what pgtide wants of every connection: UTF-8, an application
// name, a timeout, keepalives. What `conninfo` says itself stays.
std::string complete_conninfo(const ConnectOptions& options);

// Logged in, with one query answered, within the time. Waits meanwhile for a server that is
// starting, and where a time was asked for also for one that is not there yet. Throws
// Error(environment) that says what was tried and what to do, never with a password;
// Error(interrupted).
Connection connect(const ConnectOptions& options);

// Ends a session of the same user that nobody can use any more, so that what it did is decided:
// committed or not. A server that started again may have given its pid to somebody else: what is
// known of the session must hold. Where it belongs to a pooler, it is ended only while it is in the
// transaction that is named. True once it is gone, or at something else; waits `patience` at most.
// Throws Error(environment) when `connection` is lost.
bool end_session(PGconn* connection, const Backend& backend, std::chrono::milliseconds patience);

// Asked after something failed. The state alone does not tell: libpq leaves it at CONNECTION_OK
// when it could not write, until it has tried to read.
bool is_lost(PGconn* connection);

// What libpq or the server said last, in one line; the others only guess.
std::string reason_of(const PGconn* connection);

}  // namespace pgtide::adapters
