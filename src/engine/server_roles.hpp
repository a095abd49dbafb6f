// What scripts change for the whole server, so that dropping a database does not take it back.
#pragma once

#include <map>
#include <set>
#include <string>

#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

struct ServerRoles {
  std::map<std::string, std::string> roles;     // by name: the statement that gives its attributes
  std::map<std::string, std::string> settings;  // by the statement that sets one: what resets it
  std::map<std::string, std::string> members;   // by the statement that grants: what revokes it

  friend bool operator==(const ServerRoles&, const ServerRoles&) = default;
};

// Needs a superuser: it reads what a password was made to.
ServerRoles read_roles(ports::Session& session);

// Makes the server's roles what they were. Nothing in any database may depend on one that is new.
void restore_roles(ports::Session& session, const ServerRoles& before);

}  // namespace pgtide::engine
