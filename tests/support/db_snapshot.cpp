#include "support/db_snapshot.hpp"

#include <stdexcept>

#include "adapters/pg_connection.hpp"
#include "adapters/pg_session.hpp"
#include "engine/live_schema.hpp"
#include "engine/schema_reader.hpp"

namespace pgtide::testing {
namespace {

class NoInterrupt final : public ports::Interrupt {
 public:
  int signal() const override { return 0; }
  int wait_fd() const override { return -1; }
};

}  // namespace

struct SnapshotSession::State {
  explicit State(const std::string& conninfo)
      : connection(adapters::connect({.conninfo = conninfo})),
        session(connection.get(), interrupt) {}

  NoInterrupt interrupt;
  adapters::Connection connection;
  adapters::PgSession session;
};

SnapshotSession::SnapshotSession(const std::string& conninfo)
    : state_(std::make_unique<State>(conninfo)) {}

SnapshotSession::~SnapshotSession() = default;

void SnapshotSession::run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(state_->connection.get(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
  throw std::runtime_error(std::string(PQerrorMessage(state_->connection.get())) + "in: " + sql);
}

std::string SnapshotSession::value(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(state_->connection.get(), sql.c_str()), PQclear);
  if (PQntuples(result.get()) == 0) throw std::runtime_error(sql);
  return PQgetvalue(result.get(), 0, 0);
}

schema::LiveSnapshot SnapshotSession::read_live() {
  return engine::read_live_schema(state_->session, {});
}

schema::Snapshot SnapshotSession::read(const LedgerNames& own) {
  return engine::read_schema(state_->session, own);
}

schema::Snapshot snapshot_of(const Database& database) {
  return SnapshotSession(database.conninfo()).read();
}

std::string described(const schema::Snapshot& before, const schema::Snapshot& after) {
  std::string text;
  for (const schema::Difference& difference : diff(before, after)) {
    text += describe(difference) + "\n";
  }
  return text;
}

std::string text_of(const schema::Snapshot& snapshot) {
  std::string text;
  for (const schema::Object& object : snapshot.objects) {
    const std::string name = object.kind + " " + object.identity;
    text += name + "\n";
    for (const auto& attribute : object.attributes) {
      text += name + ": " + attribute.name + "=" + attribute.value + "\n";
    }
  }
  return text;
}

}  // namespace pgtide::testing
