// A private PostgreSQL, started from the installed binaries.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace pgtide {

// A cluster in a folder, reachable through a Unix socket only. Made on first use; the data stays
// for the next time. Several processes may hold the same folder: the first starts the server, the
// last one stops it. A holder that was killed does not count, and a server that such a holder left
// behind is taken over.
//
//   EmbeddedServer server({.dir = ".pgtide"});
//   connect(server.conninfo());
class EmbeddedServer {
 public:
  struct Options {
    std::string dir = ".pgtide";
    std::string bin_dir;  // folder with initdb and postgres; empty: PATH, pg_config, Debian's
                          // folders, npm's @embedded-postgres
    std::string database = "pgtide";  // created when missing
    std::function<void(const std::string&)> log =
        {};  // progress for people ("creating a cluster in .pgtide"), and details with -v
  };

  // Throws Error(environment), with the package to install when a binary is missing.
  explicit EmbeddedServer(Options options);
  // Stops the server when nobody else holds the folder.
  ~EmbeddedServer();
  EmbeddedServer(EmbeddedServer&&) noexcept;
  EmbeddedServer& operator=(EmbeddedServer&&) noexcept;

  // A key=value connection string.
  const std::string& conninfo() const;
  const std::string& data_dir() const;
  const std::string& socket_dir() const;
  const std::string& log_file() const;
  int port() const;

  // The folder with PostgreSQL's binaries, found as the constructor finds it. Throws
  // Error(environment).
  static std::string find_binaries(const std::string& bin_dir = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgtide
