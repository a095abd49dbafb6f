// Throw-away databases of one server.
#pragma once

#include <memory>
#include <string>

#include "pgtide/ports/session.hpp"

namespace pgtide::ports {

// Names are those of databases that this object made, or of the one it starts from. Every function
// throws Error(environment).
class Databases {
 public:
  virtual ~Databases() = default;
  // An empty one that is there already: what copies begin with. Nothing here changes it.
  virtual std::string origin() const = 0;
  // False: the role may not create databases, and the origin is all there is.
  virtual bool can_copy() = 0;
  virtual std::shared_ptr<Session> connect(const std::string& database) = 0;
  // Schema, data and settings of `from`, with which no session may be connected.
  virtual void copy(const std::string& from, const std::string& to) = 0;
  // Ends sessions that are still connected with it.
  virtual void drop(const std::string& database) = 0;
  // A session with none of them, for what belongs to the whole server.
  virtual Session& server() = 0;
  // Nobody else uses the server: its roles may be put back as they were.
  virtual bool is_private() const = 0;
};

}  // namespace pgtide::ports
