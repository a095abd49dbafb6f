// A PostgreSQL that is there for one command.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pgtide/embedded_server.hpp"

namespace pgtide::adapters {

// How much is written to the WAL: as little as will do, or what a server with a standby writes.
enum class WalLevel { minimal, replica };

// An embedded server in a temporary folder, which nobody else uses and nothing is left of: made to
// be quick, not to survive anything. When the program is killed, the server stops by itself, and
// the next one removes the folder.
class ThrowawayServer {
 public:
  // Throws Error(environment).
  ThrowawayServer(const std::string& bin_dir, std::function<void(const std::string&)> log,
                  WalLevel wal_level = WalLevel::minimal);
  ~ThrowawayServer();
  ThrowawayServer(const ThrowawayServer&) = delete;
  ThrowawayServer& operator=(const ThrowawayServer&) = delete;

  const std::string& conninfo() const { return server_->conninfo(); }

 private:
  std::string dir_;
  std::optional<EmbeddedServer> server_;
};

}  // namespace pgtide::adapters
