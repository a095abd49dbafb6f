// Opening connections.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "pgtide/pooling.hpp"

namespace pgtide::adapters {

struct ConnectionDeleter {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, ConnectionDeleter>;

struct ConnectOptions {
  std::string conninfo;
  std::string application_name = "pgtide";
  std::chrono::milliseconds connect_timeout{10000};
};

// A value of a key=value string; the last of two with the same key counts.
std::string quoted_value(std::string_view value);

// `conninfo` (URL or key=value) with what pgtide wants of every connection: UTF-8, an application
// name, a timeout, keepalives. What `conninfo` says itself stays.
std::string complete_conninfo(const ConnectOptions& options);

// Throws Error(environment) that says what was tried and what to do, never with a password.
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

// Turns libpq's or SOCI's words about a connection that could not be made into an
// Error(environment).
[[noreturn]] void throw_connection_error(const std::string& reason);

}  // namespace pgtide::adapters
