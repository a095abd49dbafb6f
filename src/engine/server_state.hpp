// What scripts change for the whole server, so that dropping a database does not take it back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

// Each statement that makes something, with the one that takes it back. The databases of the proof
// itself are left out.
struct ServerState {
  using Statements = std::map<std::string, std::string>;
  Statements objects;  // databases, tablespaces, roles: by the statement that makes one
  Statements facts;    // their attributes, grants, settings and comments; what ALTER SYSTEM wrote

  friend bool operator==(const ServerState&, const ServerState&) = default;
};

// Needs a superuser: it reads what a password was made to.
ServerState read_server(ports::Session& session);

// Makes the server what it was, and says which statements that takes were refused. Nothing in any
// database may depend on a role that is new.
std::vector<std::string> restore_server(ports::Session& session, const ServerState& before);

}  // namespace pgtide::engine
