// Where an embedded server keeps what, and which user owns it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/embedded_lock.hpp"
#include "adapters/process.hpp"

namespace pgtide {

using LogFunction = std::function<void(const std::string&)>;

struct ServerPlace {
  std::string shown;                // the folder as it was given
  std::string home;                 // absolute; holds everything below
  std::optional<ProcessUser> user;  // whom the server runs as; set only when pgtide runs as root

  std::string data() const { return home + "/data"; }
  std::string log_file() const { return home + "/server.log"; }
  LockPaths locks() const {
    return {home + "/start.lock", home + "/holders.lock", home + "/watch.lock"};
  }
};

// Makes the folder and decides on the user. `home` is the folder itself; only when pgtide runs as
// root and the server's user cannot reach the folder (it lies below /root, for example), it is a
// folder below `/var/lib/pgtide`, to which the link `cluster` in the folder points. Throws
// Error(environment).
ServerPlace place_server(const std::string& dir, const LogFunction& log);

// A folder for the socket that nobody but the server's user and root can enter, made if needed:
// `socket` in the home, or one below /tmp when that path is longer than a socket's may be. Throws
// Error(environment).
std::string make_socket_dir(const ServerPlace& place);

}  // namespace pgtide
