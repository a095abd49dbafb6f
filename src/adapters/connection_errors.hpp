// Why a connection could not be made, and what to do about it.
#pragma once

#include <string>

namespace pgtide::adapters {

struct Refusal {
  std::string reason;         // libpq's and the server's words
  std::string sqlstate = {};  // of a server that answered
};

// Takes the SQLSTATE out of what libpq says with PQERRORS_VERBOSE.
Refusal refusal_of(const std::string& verbose);

// Whether the server says that it is starting (or stopping).
bool is_starting(const Refusal& refusal);
// Whether nobody answers there yet, as before a server is started: so libpq says it, which has no
// codes.
bool is_absent(const Refusal& refusal);

// Throws Error(environment): what was tried and what to do, never with a password.
[[noreturn]] void throw_connection_error(const Refusal& refusal);

}  // namespace pgtide::adapters
