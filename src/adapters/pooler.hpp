// Whether a pooler stands before the server, and which kind.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <string>

#include "pgtide/pooling.hpp"

namespace pgtide::adapters {

// The server's process that answers. Waits `patience` at most: a pooler lets its clients wait while
// it has no session free. Throws Error(environment).
int backend_of(PGconn* connection, std::chrono::milliseconds patience);

// `a` and `b` are two connections to the same place, both idle. Asks each of them some times which
// session of the server answers. Throws Error(environment).
Pooling pooling_of(PGconn* a, PGconn* b, std::chrono::milliseconds patience);

// The database that answers: a pooler may have other names for it. Throws Error(environment).
std::string database_behind(PGconn* connection);

// A URL that leads past the pooler as far as that can be known, without password; what cannot be
// known is in capitals.
std::string direct_url(PGconn* connection);

// Throws Error(environment): what cannot be done through the pooler, and the URL to use.
[[noreturn]] void refuse_pooler(const std::string& what, const std::string& url);

}  // namespace pgtide::adapters
