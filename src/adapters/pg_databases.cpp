#include "adapters/pg_databases.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
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
  options_.interrupt = &interrupt_;
  origin_ = name_of_database(options_, use_);
  for (const char* name : neutral_databases) {
    if (name == origin_) continue;
    try {
      server_ = PgDatabases::connect(name);
      server_database_ = name;
      return;
    } catch (const Error&) {
      if (name != neutral_databases[1]) continue;
      if (is_private()) throw;
      server_database_ = origin_;
      server_ = PgDatabases::connect(origin_);  // may be all that the role may connect to
      may_copy_ = false;
    }
  }
}

bool PgDatabases::can_copy() {
  if (!may_copy_) {
    const auto may =
        ports::ask(server(), {"SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE "
                              "rolname = current_user"});
    may_copy_ = !may.empty() && may.front().at(0) == "t";
  }
  return *may_copy_;
}

ports::Session& PgDatabases::server() {
  try {
    ports::ask(*server_, {"SELECT"});
  } catch (const ports::ConnectionLost&) {
    server_ = PgDatabases::connect(server_database_);
  }
  return *server_;
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
  // Behind the signal what was made is put away: no statement of anything else begins.
  if (interrupt_.signal() != 0) options.interrupt = nullptr;
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
  for (int tries = 0; tries < 200 && !ports::ask(server(), look).empty(); ++tries) {
    std::this_thread::sleep_for(1ms);
  }
}

// A server whose disk is full while it writes its log goes down. Only of a private one is known
// that its disk is of this machine.
void PgDatabases::require_room_for(const std::string& database) {
  if (!is_private()) return;
  const auto row = ports::ask(server(), {"SELECT pg_catalog.current_setting('data_directory'), "
                                         "pg_catalog.pg_database_size(d.oid)::text "
                                         "FROM pg_catalog.pg_database d WHERE datname = $1",
                                         {database}});
  if (row.empty()) return;
  const std::string folder = row.front().at(0).value();
  std::error_code ec;
  const std::uintmax_t free = std::filesystem::space(folder, ec).available;
  constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20;
  // The copy, as much again in the server's log, and what scripts write until the next copy.
  const std::uintmax_t needed = 2 * std::stoull(row.front().at(1).value()) + 64 * mebibyte;
  if (ec || free >= needed) return;
  throw Error(ErrorKind::environment,
              fmt::format("the disk of the private server has {} MB left, and the next copy of the "
                          "database needs {} MB",
                          free / mebibyte, needed / mebibyte),
              fmt::format("free some room at {}, or set TMPDIR to a folder that has more", folder))
      .with_sqlstate("53100");
}

void PgDatabases::copy(const std::string& from, const std::string& to) {
  wait_until_alone(from);
  require_room_for(from);
  ports::tell(server(), {{fmt::format("CREATE DATABASE {} TEMPLATE {}", quote_identifier(to),
                                      quote_identifier(from))}});
  made_.insert(to);
  const auto settings = ports::statements_to_copy_settings(server(), from, to);
  if (!settings.empty()) ports::tell(server(), settings);
  if (!is_private()) return;
  const auto rights = ports::statements_to_copy_rights(server(), from, to);
  if (!rights.empty()) ports::tell(server(), rights);
  copy_subscriptions(from, to);
}

// As they are, whatever options this version has; there is no worker that would act on them.
void PgDatabases::copy_subscriptions(const std::string& from, const std::string& to) {
  ports::tell(server(),
              {{"INSERT INTO pg_catalog.pg_subscription SELECT "
                "(pg_catalog.jsonb_populate_record(s, pg_catalog.jsonb_build_object('oid', "
                "pg_catalog.pg_nextoid('pg_catalog.pg_subscription', 'oid', "
                "'pg_catalog.pg_subscription_oid_index'), 'subdbid', t.oid))).* "
                "FROM pg_catalog.pg_subscription s "
                "JOIN pg_catalog.pg_database f ON f.oid = s.subdbid, pg_catalog.pg_database t "
                "WHERE f.datname = $1 AND t.datname = $2",
                {from, to}}});
}

// The server keeps a database that has some.
void PgDatabases::drop_subscriptions(const std::string& database) {
  const ports::RowValues names =
      ports::ask(server(), {"SELECT subname FROM pg_catalog.pg_subscription s "
                            "JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE datname = $1",
                            {database}});
  if (names.empty()) return;
  const auto session = connect(database);
  for (const auto& row : names) {
    const std::string name = quote_identifier(row.at(0).value());
    ports::tell(*session, {{"ALTER SUBSCRIPTION " + name + " DISABLE"},
                           {"ALTER SUBSCRIPTION " + name + " SET (slot_name = NONE)"},
                           {"DROP SUBSCRIPTION " + name}});
  }
}

void PgDatabases::drop(const std::string& database) {
  drop_subscriptions(database);
  ports::tell(
      *server_,
      {{fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(database))}});
  made_.erase(database);
}

}  // namespace pgtide::adapters
