#include "support/db_server.hpp"

#include <libpq-fe.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "adapters/program.hpp"
#include "support/db_snapshot.hpp"

namespace pgtide::testing {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Result execute(PGconn* connection, const std::string& sql) {
  return {PQexec(connection, sql.c_str()), PQclear};
}

Result must_execute(PGconn* connection, const std::string& sql) {
  Result result = execute(connection, sql);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(std::string(PQerrorMessage(connection)) + "in: " + sql);
  }
  return result;
}

int major_of(const std::string& version) {  // `pg_dump (PostgreSQL) 15.4`
  return std::stoi(version.substr(version.find(") ") + 2));
}

// Instead of a dump, where pg_dump is older than the server and refuses it.
std::string contents(const Database& database) {
  Sql sql = database.connect();
  const std::string user_relations =
      "FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)' ";
  std::string text = text_of(snapshot_of(database));
  text += sql.rows("SELECT oid::regclass, relkind " + user_relations + "ORDER BY 1::text");
  for (const auto& row : sql.table("SELECT oid::regclass " + user_relations +
                                   "AND relkind IN ('r', 'm') ORDER BY 1::text")) {
    const std::string name = row.at(0).value();
    text += name + "\n" + sql.rows("SELECT t FROM " + name + " t ORDER BY t::text");
  }
  return text;
}

std::string pg_dump(const Database& database, std::vector<std::string> options) {
  std::vector<std::string> argv = {binary("pg_dump"), "--dbname=" + database.conninfo()};
  argv.insert(argv.end(), options.begin(), options.end());
  const adapters::ProgramResult result = adapters::ask_program(argv);
  if (result.exit_code != 0) throw std::runtime_error("pg_dump: " + result.said);
  // Newer versions write `\restrict` with a key that is another one each time.
  std::istringstream lines(result.output);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool key = line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    // No transaction takes back what nextval() took.
    const bool sequence = line.starts_with("SELECT pg_catalog.setval(");
    if (!key && !sequence) text += line + "\n";
  }
  return text;
}

}  // namespace

TempDir::TempDir() : path_("/tmp/pgtide-db-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot create " + path_);
  chmod(path_.c_str(), 0755);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

EmbeddedServer::Options server_options(const std::string& dir) {
  const char* chosen = std::getenv("PGTIDE_PG_BIN");
  return {.dir = dir, .bin_dir = chosen == nullptr ? "" : chosen, .database = "postgres"};
}

// A run for one version of PostgreSQL must not use another one.
bool check_version(const EmbeddedServer& server) {
  const char* wanted = std::getenv("PGTIDE_PG_MAJOR");
  const int version = std::stoi(Sql(server.conninfo()).value("SHOW server_version_num"));
  if (wanted == nullptr || std::stoi(wanted) == version / 10000) return true;
  throw std::runtime_error("the server's version is " + std::to_string(version));
}

EmbeddedServer& server() {
  static const TempDir folder;
  static EmbeddedServer server(server_options(folder.path() + "/pg"));
  [[maybe_unused]] static const bool right = check_version(server);
  return server;
}

std::string binary(const std::string& name) {
  static const std::string folder = EmbeddedServer::find_binaries(server_options("").bin_dir);
  const std::string beside = folder + "/" + name;
  // Some packages hold the server alone; newer client programs work with older servers.
  return std::filesystem::exists(beside) ? beside : EmbeddedServer::find_binaries() + "/" + name;
}

Sql::Sql(const std::string& conninfo)
    : connection_(PQconnectdb((conninfo + " application_name=test").c_str()), PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

void Sql::run(const std::string& sql) {
  must_execute(connection_.get(), sql);
}

std::vector<std::vector<Param>> Sql::table(const std::string& sql) {
  const Result result = must_execute(connection_.get(), sql);
  std::vector<std::vector<Param>> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::vector<Param>& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool null = PQgetisnull(result.get(), row, column) != 0;
      values.push_back(null ? Param() : Param(PQgetvalue(result.get(), row, column)));
    }
  }
  return rows;
}

std::string Sql::value(const std::string& sql) {
  const auto rows = table(sql);
  return rows.empty() ? "" : rows[0].at(0).value_or("");
}

std::string Sql::rows(const std::string& sql) {
  std::string text;
  for (const auto& row : table(sql)) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].value_or("-");
    text += "\n";
  }
  return text;
}

std::string Sql::sqlstate(const std::string& sql) {
  const Result result = execute(connection_.get(), sql);
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  return state == nullptr ? "00000" : state;
}

int Sql::pid() const {
  return PQbackendPID(connection_.get());
}

Database::Database(const std::string& options) {
  static Sql admin(server().conninfo());
  static int count = 0;
  if (count == 0) {
    // The data does not outlive the program.
    admin.run("ALTER SYSTEM SET full_page_writes = off");
    admin.run("ALTER SYSTEM SET autovacuum = off");
    admin.run("SELECT pg_reload_conf()");
  }
  // What PostgreSQL 14 and older do anyway; measured: half the time of the default of 15.
  static const bool copy = std::stoi(admin.value("SHOW server_version_num")) >= 150000;
  name_ = "case_" + std::to_string(++count);
  admin.run("CREATE DATABASE " + name_ + " TEMPLATE template0 " +
            (copy ? "STRATEGY FILE_COPY " : "") + options);
}

std::string Database::conninfo(const std::string& more) const {
  return "host='" + server().socket_dir() + "' port=" + std::to_string(server().port()) +
         " dbname=" + name_ + " " + (more.find("user=") == more.npos ? "user=postgres " : "") +
         more;
}

Sql& Database::sql_() {
  if (!own_) own_ = std::make_unique<Sql>(conninfo());
  return *own_;
}

bool Database::has_table(const std::string& name) {
  return value("SELECT to_regclass(" + quote_literal(name) + ") IS NOT NULL") == "t";
}

bool Database::is_running(const std::string& statement) const {
  return connect().value(
             "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = " +
             quote_literal(statement)) != "0";
}

bool can_dump() {
  static const bool known =
      major_of(adapters::ask_program({binary("pg_dump"), "--version"}).output) * 10000 + 9999 >=
      std::stoi(Sql(server().conninfo()).value("SHOW server_version_num"));
  return known;
}

std::string Database::schema() const {
  if (!can_dump()) return text_of(snapshot_of(*this));
  return pg_dump(*this, {"--schema-only", "--exclude-table=migrations",
                         "--exclude-table=migrations_log*", "--exclude-table=migration_health"});
}

std::string Database::dump() const {
  if (!can_dump()) return contents(*this);
  return pg_dump(*this, {});
}

bool becomes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace pgtide::testing
