// Throw-away databases over libpq.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "adapters/pg_connection.hpp"
#include "pgtide/ports/databases.hpp"

namespace pgtide::adapters {

enum class ServerUse { private_server, shared_server };

// Databases that are still there at the end are dropped, unless the server is private: it goes as a
// whole.
class PgDatabases final : public ports::Databases {
 public:
  // `options` lead to the origin. Throws Error(environment).
  PgDatabases(ConnectOptions options, ServerUse use, const ports::Interrupt& interrupt);
  ~PgDatabases() override;
  PgDatabases(const PgDatabases&) = delete;
  PgDatabases& operator=(const PgDatabases&) = delete;

  std::string origin() const override { return origin_; }
  bool can_copy() override;
  std::shared_ptr<ports::Session> connect(const std::string& database) override;
  void copy(const std::string& from, const std::string& to) override;
  void drop(const std::string& database) override;
  // Scripts may end every session but their own.
  ports::Session& server() override;
  bool is_private() const override { return use_ == ServerUse::private_server; }

 private:
  void wait_until_alone(const std::string& database);
  void require_room_for(const std::string& database);
  void copy_subscriptions(const std::string& from, const std::string& to);
  void drop_subscriptions(const std::string& database);

  ConnectOptions options_;
  ServerUse use_;
  const ports::Interrupt& interrupt_;
  std::string origin_;
  std::string server_database_;
  std::shared_ptr<ports::Session> server_;
  std::optional<bool> may_copy_;
  std::set<std::string> made_;
};

}  // namespace pgtide::adapters
