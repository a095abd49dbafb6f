#include "adapters/pg_databases.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "adapters/pg_session.hpp"
#include "adapters/pooler.hpp"
#include "pgtide/error.hpp"
#include "ports/ask.hpp"
#include "ports/stored_settings.hpp"

namespace pgtide::adapters {
namespace {

using namespace std::chrono_literals;

// Where a session may be that is with none of the databases.
constexpr const char* neutral_databases[] = {"postgres", "template1"};

struct OwnSession {
  Connection connection;
  PgSession session;
  OwnSession(Connection given, const ports::Interrupt& interrupt)
      : connection(std::move(given)), session(connection.get(), interrupt) {}
};

// Of any kind: it keeps connections to a database after its clients have gone, and one that is
// copied must have none.
std::string name_of_database(const ConnectOptions& options, ServerUse use) {
  const Connection connection = connect(options);
  const bool is_pooled = use == ServerUse::shared_server &&
                         backend_of(connection.get(), 10s) != PQbackendPID(connection.get());
  if (is_pooled) {
    refuse_pooler("databases cannot be made and copied through a pooler; nothing was run",
                  direct_url(connection.get()));
  }
  return PQdb(connection.get());
}

}  // namespace

PgDatabases::PgDatabases(ConnectOptions options, ServerUse use, const ports::Interrupt& interrupt)
    : options_(std::move(options)), use_(use), interrupt_(interrupt) {
  origin_ = name_of_database(options_, use_);
  for (const char* name : neutral_databases) {
    if (name == origin_) continue;
    try {
      server_ = PgDatabases::connect(name);
      return;
    } catch (const Error&) {
      if (name != neutral_databases[1]) continue;
      if (is_private()) throw;
      server_ = PgDatabases::connect(origin_);  // may be all that the role may connect to
      may_copy_ = false;
    }
  }
}

bool PgDatabases::can_copy() {
  if (!may_copy_) {
    const auto may =
        ports::ask(*server_, {"SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE "
                              "rolname = current_user"});
    may_copy_ = !may.empty() && may.front().at(0) == "t";
  }
  return *may_copy_;
}

PgDatabases::~PgDatabases() {
  if (is_private()) return;
  for (const std::string& database : std::set<std::string>(made_)) {
    try {
      drop(database);
    } catch (const Error&) {
      // The connection is gone; whoever reads the error that ended the run learns of it there.
    }
  }
}

std::shared_ptr<ports::Session> PgDatabases::connect(const std::string& database) {
  ConnectOptions options = options_;
  options.conninfo =
      fmt::format("{} dbname={}", complete_conninfo(options_), quoted_value(database));
  const auto own = std::make_shared<OwnSession>(adapters::connect(options), interrupt_);
  return {own, &own->session};
}

// A session that was just closed takes a moment to go, and the server looks for it only ten times a
// second.
void PgDatabases::wait_until_alone(const std::string& database) {
  const Query look{
      "SELECT FROM pg_catalog.pg_stat_activity WHERE datname = $1 "
      "AND pid <> pg_catalog.pg_backend_pid() LIMIT 1",
      {database}};
  for (int tries = 0; tries < 200 && !ports::ask(*server_, look).empty(); ++tries) {
    std::this_thread::sleep_for(1ms);
  }
}

void PgDatabases::copy(const std::string& from, const std::string& to) {
  wait_until_alone(from);
  ports::tell(*server_, {{fmt::format("CREATE DATABASE {} TEMPLATE {}", quote_identifier(to),
                                      quote_identifier(from))}});
  made_.insert(to);
  const auto settings = ports::statements_to_copy_settings(*server_, from, to);
  if (!settings.empty()) ports::tell(*server_, settings);
}

void PgDatabases::drop(const std::string& database) {
  ports::tell(*server_,
              {{fmt::format("DROP DATABASE {} WITH (FORCE)", quote_identifier(database))}});
  made_.erase(database);
}

}  // namespace pgtide::adapters
