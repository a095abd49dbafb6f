// A runner that is killed: at every exchange with the server, and while a statement runs.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "adapters/pg_run_lock.hpp"
#include "adapters/pg_session.hpp"
#include "adapters/script_files.hpp"
#include "adapters/soci_ledger.hpp"
#include "engine/runner.hpp"
#include "support/db_project.hpp"
#include "support/db_snapshot.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

class NoInterrupt final : public ports::Interrupt {
 public:
  int signal() const override { return 0; }
  int wait_fd() const override { return -1; }
};

// A session whose process is killed when it would talk to the server for the n-th time. What it
// said before has been answered; so between two exchanges every crash looks the same to the server.
class MortalSession final : public ports::Session {
 public:
  MortalSession(ports::Session& inner, std::size_t exchanges)
      : inner_(inner), exchanges_left_(exchanges) {}

  void send(const Query& query, ports::Rows rows) override { inner_.send(query, rows); }
  void prepare(const std::string& name, const std::string& sql) override {
    inner_.prepare(name, sql);
  }
  void execute(const std::string& name, const std::vector<Param>& params,
               ports::Rows rows) override {
    inner_.execute(name, params, rows);
  }
  void flush() override { inner_.flush(); }
  void sync() override {
    die_when_due();
    inner_.sync();
  }
  std::optional<ports::Outcome> next(std::chrono::milliseconds patience) override {
    return inner_.next(patience);
  }
  std::size_t outstanding() const override { return inner_.outstanding(); }
  ports::Outcome copy_in(const std::string& sql,
                         const std::function<std::optional<std::string_view>()>& data,
                         const std::function<void()>& while_waiting) override {
    die_when_due();
    return inner_.copy_in(sql, data, while_waiting);
  }
  void on_notice(NoticeHandler handler) override { inner_.on_notice(std::move(handler)); }
  void set_on_interrupt(OnInterrupt behaviour) override { inner_.set_on_interrupt(behaviour); }

 private:
  void die_when_due() {
    if (exchanges_left_ == 0) std::raise(SIGKILL);
    --exchanges_left_;
  }

  ports::Session& inner_;
  std::size_t exchanges_left_;
};

void run_mortal(const Project& project, const RunRequest& request, std::size_t exchanges) {
  const LedgerNames names;
  const NoInterrupt interrupt;
  ports::Observer observer;
  const adapters::ConnectOptions connect{.conninfo = project.db.conninfo()};
  adapters::SociLedger ledger(connect, names, std::chrono::seconds(5));
  adapters::PgSession session(ledger.connection(), interrupt);
  MortalSession mortal(session, exchanges);
  adapters::PgRunLock lock(connect, names, ledger.connection());
  adapters::ScriptFiles scripts(project.dir.path(), &ledger);
  engine::Runner runner({mortal, ledger, scripts, lock, observer, interrupt},
                        {.names = names,
                         .settings = {},
                         .run = {"00000000-0000-4000-8000-000000000000", "test", "test"}});
  PreparedRun prepared = runner.prepare(request);
  const Report report = runner.execute(prepared);
  if (report.failure) throw std::runtime_error(failure(report, project.dir));
}

pid_t start_mortal(const Project& project, const RunRequest& request, std::size_t exchanges) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    run_mortal(project, request, exchanges);
  } catch (const std::exception& error) {
    fputs(error.what(), stderr);
    _exit(1);
  }
  _exit(0);
}

enum class End { killed, finished };

End end_of(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return End::killed;
  REQUIRE(WEXITSTATUS(status) == 0);
  return End::finished;
}

// The server notices that a client is gone only when it talks to it next.
void wait_for_orphans(Project& project) {
  CHECK(becomes_true([&] {
    return project.db.value(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
               "application_name <> 'test' AND backend_type = 'client backend'") == "0";
  }));
}

const std::string steps_up =
    "CREATE TABLE t (id integer PRIMARY KEY, n integer, done boolean DEFAULT false);\n"
    "SET search_path = app, public;\n"
    "INSERT INTO t SELECT i, i % 7 FROM generate_series(1, 50) i;\n"
    "CREATE INDEX CONCURRENTLY t_n ON t (n);\n"
    "CREATE INDEX CONCURRENTLY ON t (n, id);\n"
    "BEGIN;\n"
    "ALTER TABLE t ADD COLUMN x integer;\n"
    "UPDATE t SET x = coalesce(x, 0) + n;\n"
    "COMMIT;\n"
    "COPY t (id, x) FROM stdin;\n101\t0\n102\t0\n\\.\n"
    "-- pgtide: batch size=20\n"
    "UPDATE t SET done = true, x = x + 1 WHERE id IN "
    "(SELECT id FROM t WHERE NOT done LIMIT :batch_size);\n"
    "REINDEX INDEX CONCURRENTLY t_n;\n"
    "CALL public.visit();\n"
    "VACUUM t;\n"
    "CREATE TABLE made_in AS SELECT current_schema() AS name;\n";
const std::string steps_down =
    "DROP INDEX CONCURRENTLY public.t_n;\n"
    "DROP TABLE app.made_in;\n"
    "VACUUM;\n"
    "-- pgtide: batch size=30\n"
    "DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT :batch_size);\n"
    "DROP TABLE t;\n";

void prepare(Project& project) {
  project.db.run(
      "CREATE SCHEMA app; CREATE TABLE visits (n integer); CREATE PROCEDURE visit() LANGUAGE "
      "plpgsql AS $$BEGIN COMMIT; IF NOT EXISTS (SELECT FROM public.visits) THEN INSERT INTO "
      "public.visits VALUES (1); END IF; COMMIT; END$$");
  project.dir.pair("0001", "a", steps_up, steps_down);
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b");
}

std::string content(Project& project) {
  return project.db.rows("SELECT * FROM t ORDER BY id") +
         project.db.rows("SELECT * FROM app.made_in") + project.db.rows("SELECT * FROM visits");
}

// Each statement is journalled as done once, whatever happened.
std::string done_rows(Project& project) {
  return project.db.rows(
      "SELECT direction, detail->>'statement', count(*) FROM migrations_log WHERE event = "
      "'statement_done' GROUP BY 1, 2 ORDER BY 1, (detail->>'statement')::int");
}

}  // namespace

TEST_CASE("killed at any exchange, up and down, the next run ends where an undisturbed one does") {
  Project whole;
  prepare(whole);
  const std::string empty = whole.db.schema();
  const std::string empty_snapshot = text_of(snapshot_of(whole.db));
  REQUIRE(failure(whole.up(), whole.dir) == "");
  const std::string schema = whole.db.schema();
  const std::string snapshot = text_of(snapshot_of(whole.db));
  const std::string rows = content(whole);
  REQUIRE(failure(whole.down("0"), whole.dir) == "");
  REQUIRE(whole.db.schema() == empty);
  const std::string done = done_rows(whole);

  bool up_finished = false;
  bool down_finished = false;
  std::size_t deaths = 0;
  for (std::size_t exchange = 1; !up_finished || !down_finished; ++exchange) {
    CAPTURE(exchange);
    REQUIRE(exchange < 200);
    Project project;
    prepare(project);
    if (!up_finished) {
      up_finished = end_of(start_mortal(project, {}, exchange)) == End::finished;
      deaths += up_finished ? 0 : 1;
    }
    wait_for_orphans(project);
    const Report up = project.up();
    CHECK(failure(up, project.dir) == "");
    CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
    // pg_dump takes far longer, so it has a look now and then.
    const bool with_dump = exchange % 16 == 1;
    CHECK(text_of(snapshot_of(project.db)) == snapshot);
    if (with_dump) CHECK(project.db.schema() == schema);
    CHECK(content(project) == rows);
    if (down_finished) continue;
    const RunRequest request{.direction = Direction::down, .target = ToEmpty{}};
    down_finished = end_of(start_mortal(project, request, exchange)) == End::finished;
    deaths += down_finished ? 0 : 1;
    wait_for_orphans(project);
    const Report down = project.down("0");
    CHECK(failure(down, project.dir) == "");
    CHECK(project.ledger() == "0001 a: rolled back\n0002 b: rolled back\n");
    CHECK(text_of(snapshot_of(project.db)) == empty_snapshot);
    if (with_dump) CHECK(project.db.schema() == empty);
    CHECK(done_rows(project) == done);
  }
  CHECK(deaths > 50);
}

TEST_CASE("a killed runner's CREATE INDEX CONCURRENTLY that still runs is waited for") {
  Project project;
  project.db.run("CREATE TABLE t (n integer)");
  const std::string statement = "CREATE INDEX CONCURRENTLY t_n ON t (n)";
  project.dir.pair("0001", "a", statement + ";\nINSERT INTO t VALUES (1);\n");
  Sql blocker = project.db.connect();
  blocker.run("BEGIN; INSERT INTO t VALUES (7)");
  const pid_t child = start_mortal(project, {}, 1000);
  REQUIRE(becomes_true([&] { return project.db.is_running(statement); }));
  kill(child, SIGKILL);
  CHECK(end_of(child) == End::killed);
  const std::string built = project.db.value("SELECT 't_n'::regclass::oid");

  struct Watcher : ports::Observer {
    std::string said;
    Sql* blocker = nullptr;
    void on_waiting_for_lock(const LockHolder& holder, std::chrono::milliseconds,
                             std::chrono::milliseconds) override {
      if (said.empty()) blocker->run("COMMIT");
      said += holder.state + ": " + holder.query;
    }
  } watcher;
  watcher.blocker = &blocker;
  const Report report = Migrator(project.settings, {.observer = &watcher}).up();
  CHECK(failure(report, project.dir) == "");
  CHECK(watcher.said.starts_with("left behind by a run that was stopped, active, waits for "));
  CHECK(watcher.said.ends_with(": " + statement));
  CHECK(project.db.value("SELECT 't_n'::regclass::oid") == built);
  CHECK(project.db.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_n'::regclass") ==
        "t");
  CHECK(project.db.rows("SELECT n FROM t ORDER BY n") == "1\n7\n");
}

TEST_CASE("a statement that was done, but not journalled, is not done again") {
  Project project;
  project.db.run("CREATE TABLE t (n integer)");
  std::string statement;
  std::string finish;
  std::string look;
  SUBCASE("an index without a name") {
    statement = "CREATE INDEX CONCURRENTLY ON t (n)";
    look = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass";
  }
  SUBCASE("a database") {
    statement = "CREATE DATABASE stepwise_done TEMPLATE template0";
    look = "SELECT count(*) FROM pg_database WHERE datname = 'stepwise_done'";
    finish = "DROP DATABASE stepwise_done";
  }
  SUBCASE("a database, after it was refused") {
    statement = "CREATE DATABASE stepwise_done TEMPLATE stepwise_template";
    project.dir.pair("0001", "a", statement + ";\nSELECT 1;\n");
    REQUIRE(told(project.up()) == "0001 failed");
    project.db.run("CREATE DATABASE stepwise_template TEMPLATE template0");
    look = "SELECT count(*) FROM pg_database WHERE datname = 'stepwise_done'";
    finish = "DROP DATABASE stepwise_done";
  }
  SUBCASE("an index that is dropped") {
    project.db.run("CREATE INDEX t_n ON t (n); CREATE INDEX t_n2 ON t (n)");
    statement = "DROP INDEX CONCURRENTLY t_n";
    look = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass";
  }
  project.dir.pair("0001", "a", statement + ";\nSELECT 1;\n");
  // Twice each, because what one run journals is an exchange less for the next.
  for (std::size_t run = 2;; ++run) {
    REQUIRE(run < 200);
    if (end_of(start_mortal(project, {}, run / 2)) == End::finished) break;
    wait_for_orphans(project);
    const bool is_done = project.db.value(look) == "1";
    const bool journalled = project.db.has_table("migrations_log") &&
                            project.db.value(
                                "SELECT count(*) FROM migrations_log WHERE event = "
                                "'statement_done'") != "0";
    if (is_done && !journalled) break;
  }
  CHECK(project.db.value("SELECT count(*) FROM migrations_log WHERE event = 'statement_done'") ==
        "0");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.db.value(look) == "1");
  if (!finish.empty()) project.db.run(finish);
  project.db.run("DROP DATABASE IF EXISTS stepwise_template");
}
