// A private PostgreSQL, started from the installed binaries.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pgtide {

// A cluster in a folder, reachable through a Unix socket only. Made on first use; the data stays
// for the next time. Several processes may hold the same folder: the first starts the server, the
// last one stops it. A holder that was killed does not count; the server stops by itself when it
// was the last one, and a server that is left behind all the same is taken over by the next call.
//
// Durability: what was committed survives the death of any process, pgtide's and the server's. The
// cluster is made with `fsync = off`, because it serves development and tests: a crash of the whole
// machine may damage it. The setting can be changed in `data/postgresql.conf`.
//
// Run by root, the server drops to the owner of the cluster, else `postgres`, else `nobody`. When
// that user cannot reach the folder, the cluster lives below /var/lib/pgtide, and the folder holds
// a link to it (`cluster`). Removing the folder is the way to begin anew in either case.
//
//   EmbeddedServer server({.dir = ".pgtide"});
//   connect(server.conninfo());
class EmbeddedServer {
 public:
  struct Options {
    std::string dir = ".pgtide";
    // The folder with initdb and postgres. Empty: the first of $PATH, pg_config, Debian's folders
    // (newest first) and npm's @embedded-postgres, preferring the cluster's own major version.
    std::string bin_dir = {};
    std::string database = "pgtide";  // created when missing
    // Called with what is worth telling people ("creating a PostgreSQL 15 cluster in .pgtide").
    std::function<void(const std::string&)> log = {};
    // `name=value` of PostgreSQL, over those of postgresql.conf; they hold when this starts the
    // server.
    std::vector<std::string> settings = {};
  };

  // Returns when the server accepts connections and the database is there. Throws
  // Error(environment), with the package to install when a binary is missing.
  explicit EmbeddedServer(Options options);
  // Stops the server when nobody else holds the folder; its other connections end.
  ~EmbeddedServer();
  EmbeddedServer(EmbeddedServer&&) noexcept;
  EmbeddedServer& operator=(EmbeddedServer&&) noexcept;

  // A key=value connection string: host, port, dbname, user. It also empties `hostaddr`, so that a
  // PGHOSTADDR in the environment cannot lead to another server.
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
