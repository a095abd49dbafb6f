// A private PostgreSQL for a test binary, and databases on it. The binaries are those of
// PGTIDE_PG_BIN when that is set, else the ones that are installed; without any the tests fail.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pgtide/embedded_server.hpp"
#include "pgtide/query.hpp"

struct pg_conn;

namespace pgtide::testing {

// A folder below /tmp that a server's user can pass through even when the tests run as root;
// removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Started by the first call, stopped and removed at the end of the program.
EmbeddedServer& server();
// A program that comes with the server, such as pg_dump.
std::string binary(const std::string& name);
// False where the server is newer than the pg_dump that is installed.
bool can_dump();
EmbeddedServer::Options server_options(const std::string& dir);

// A session for SQL of the test's own. Every function throws std::runtime_error with the server's
// message when a statement fails.
class Sql {
 public:
  explicit Sql(const std::string& conninfo);
  void run(const std::string& sql);  // one or more statements
  // First column of the first row; empty when there is none.
  std::string value(const std::string& sql);
  std::vector<std::vector<Param>> table(const std::string& sql);
  // A line a row, columns separated by `|`, NULL as `-`.
  std::string rows(const std::string& sql);
  // The SQLSTATE of a statement that fails, `00000` of one that does not.
  std::string sqlstate(const std::string& sql);
  int pid() const;

 private:
  std::shared_ptr<pg_conn> connection_;
};

// A new, empty database.
class Database {
 public:
  // `options` as CREATE DATABASE takes them.
  explicit Database(const std::string& options = "");
  const std::string& name() const { return name_; }
  std::string conninfo(const std::string& more = "") const;
  Sql connect(const std::string& more = "") const { return Sql(conninfo(more)); }
  // As Sql's, on a session that is opened when it is first needed.
  void run(const std::string& sql) { sql_().run(sql); }
  std::string value(const std::string& sql) { return sql_().value(sql); }
  std::string rows(const std::string& sql) { return sql_().rows(sql); }
  bool has_table(const std::string& name);
  // Whether a session runs this statement now; on a session of its own, so any thread may ask.
  bool is_running(const std::string& statement) const;
  // pg_dump --schema-only without pgtide's own tables.
  std::string schema() const;
  // Everything that a dry run might leave behind: schema and data of all, pgtide's tables too, but
  // not the values of sequences.
  std::string dump() const;

 private:
  Sql& sql_();

  std::string name_;
  std::unique_ptr<Sql> own_;
};

// Looks again until it is so, at most ten seconds.
bool becomes_true(const std::function<bool()>& condition);

}  // namespace pgtide::testing
