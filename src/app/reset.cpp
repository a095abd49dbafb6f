#include "pgtide/reset.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "adapters/pg_connection.hpp"
#include "adapters/pg_run_lock.hpp"
#include "adapters/pg_session.hpp"
#include "app/run_settings.hpp"
#include "engine/lock_wait.hpp"
#include "engine/session_sql.hpp"

namespace pgtide {
namespace {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

[[noreturn]] void refuse(const std::string& why, const std::string& hint) {
  throw Error(ErrorKind::usage, why + "; nothing was dropped", hint);
}

class Reset {
 public:
  Reset(const Settings& settings, const ConnectionTarget& target)
      : names_(names_of(settings, target)),
        server_(adapters::connect(
            {.conninfo = target.conninfo, .connect_timeout = settings.connect_timeout})) {}

  PGconn* server() const { return server_.get(); }

  ResetResult run(std::chrono::milliseconds lock_timeout, adapters::PgRunLock& lock) {
    refuse_production();
    ResetResult result{.database = PQdb(server_.get())};
    const Pooling pooling = lock.pooling();
    ask("BEGIN; " +
        under_own_settings(fmt::format("SET LOCAL lock_timeout = {}", lock_timeout.count())));
    if (pooling == Pooling::transaction) take(lock.fence());
    take(engine::lock_transaction(lock.transaction_key()));
    const Result schemas =
        ask("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname <> 'information_schema' AND "
            "nspname !~ '^pg_' ORDER BY nspname");
    for (int row = 0; row < PQntuples(schemas.get()); ++row) {
      result.schemas.emplace_back(PQgetvalue(schemas.get(), row, 0));
    }
    for (const std::string& schema : result.schemas) {
      ask(fmt::format("DROP SCHEMA {} CASCADE", quote_identifier(schema)));
    }
    make_public();
    if (pooling != Pooling::transaction) take(lock.fence());
    commit();
    return result;
  }

 private:
  Result ask(const std::string& sql) {
    Result result(PQexec(server_.get(), sql.c_str()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    const ports::ServerMessage why = adapters::server_message(result.get());
    throw Error(
        ErrorKind::environment,
        fmt::format("cannot empty the database: {}; nothing was dropped",
                    redact(why.message.empty() ? PQerrorMessage(server_.get()) : why.message)),
        why.sqlstate == "42501"   ? "run it as the owner of the database or as a superuser"
        : why.sqlstate == "55P03" ? "somebody else uses the tables: `pgtide doctor` shows who"
                                  : "")
        .with_sqlstate(why.sqlstate, why.detail);
  }

  void commit() {
    const Result result(PQexec(server_.get(), "COMMIT"));
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return;
    throw Error(ErrorKind::environment,
                fmt::format("cannot tell whether the database was emptied: {}",
                            redact(PQerrorMessage(server_.get()))),
                "`pgtide status` tells once the server answers");
  }

  // Behind a pooler in transaction mode it was free a moment ago, and is held from here on; else it
  // is known to be held still.
  void take(const Query& query) {
    const char* const key = query.params.empty() ? nullptr : query.params.front()->c_str();
    const Result taken(PQexecParams(server_.get(), query.sql.c_str(),
                                    static_cast<int>(query.params.size()), nullptr, &key, nullptr,
                                    nullptr, 0));
    if (PQresultStatus(taken.get()) == PGRES_TUPLES_OK) return;
    throw Error(ErrorKind::environment, "another run came between; nothing was dropped",
                "wait for it to finish, then run it again");
  }

  void refuse_production() {
    const Result known = ask(under_own_settings(fmt::format(
        "SELECT to_regclass({}) IS NOT NULL", quote_literal(names_.qualified(names_.log())))));
    if (PQgetvalue(known.get(), 0, 0) != std::string("t")) return;
    const Result marked = ask(under_own_settings(
        fmt::format("SELECT EXISTS (SELECT FROM {} WHERE lower(detail->>'environment') "
                    "IN ('production', 'prod'))",
                    names_.qualified(names_.log()))));
    if (PQgetvalue(marked.get(), 0, 0) != std::string("t")) return;
    refuse(fmt::format("{} is a production database: its log has seen a run in production",
                       PQdb(server_.get())),
           "drop and create the database yourself when that is what you want");
  }

  // As initdb makes it.
  void make_public() {
    constexpr int owned_by_database_owner = 150000;
    ask("CREATE SCHEMA public");
    if (PQserverVersion(server_.get()) < owned_by_database_owner) {
      ask("GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC");
    } else {
      ask("ALTER SCHEMA public OWNER TO pg_database_owner");
      ask("GRANT USAGE ON SCHEMA public TO PUBLIC");
    }
  }

  LedgerNames names_;
  adapters::Connection server_;
};

}  // namespace

ResetResult reset_database(const Settings& settings, const MigratorHooks& hooks) {
  if (settings.production()) {
    refuse("the environment is production", "a reset is for development and tests");
  }
  if (std::vector<Problem> problems = validate_directory(settings.dir); !problems.empty()) {
    throw Error(ErrorKind::invalid_input,
                "the migrations directory is not valid; nothing was dropped", std::move(problems));
  }
  const ConnectionTarget target = target_of(settings);
  Reset reset(settings, target);
  adapters::PgRunLock run_lock({.conninfo = target.conninfo,
                                .application_name = "pgtide lock",
                                .connect_timeout = settings.connect_timeout},
                               names_of(settings, target), reset.server());
  ports::Observer no_observer;
  const NoInterrupt no_interrupt;
  const engine::HeldLock lock(run_lock, settings.lock_wait,
                              hooks.observer != nullptr ? *hooks.observer : no_observer,
                              hooks.interrupt != nullptr ? *hooks.interrupt : no_interrupt);
  return reset.run(lock_timeout_of(settings), run_lock);
}

}  // namespace pgtide
