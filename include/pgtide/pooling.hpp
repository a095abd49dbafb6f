// What stands between a client and its server.
#pragma once

#include <string>

namespace pgtide {

enum class Pooling {
  none,        // a session of the server, or a pooler that cannot be told from one
  session,     // a session of the server each, for as long as the client stays connected
  transaction  // whichever session is free, for one transaction
};

// A process of the server, and one of its transactions: a pooler gives the process to somebody else
// afterwards.
struct Backend {
  int pid = 0;
  bool is_shared = false;  // it belongs to a pooler
  // In microseconds since 1970; empty: not known.
  std::string transaction_began = {};
  std::string session_began = {};
};

}  // namespace pgtide
