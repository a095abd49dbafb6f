// What another attempt, or another run, finds of a script that came half way.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "support/db_stepwise.hpp"

using namespace pgtide;
using namespace pgtide::testing;
using std::chrono::milliseconds;

namespace {

// A table that somebody reads in a transaction that stays open until the first retry.
struct BusyProject : Project {
  BusyProject() : reader(db.connect()) {
    db.run("CREATE TABLE busy (id integer); INSERT INTO busy SELECT generate_series(1, 10)");
    reader.run("BEGIN; SELECT * FROM busy");
    settings.lock_timeout = milliseconds(150);
    seen.when_retry = [this] { reader.run("COMMIT"); };
  }
  Sql reader;
};

bool has_remark(const Project& project, const std::string& words) {
  return std::ranges::any_of(project.seen.remarks, [&](const Problem& remark) {
    return remark.message.find(words) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("another attempt of a statement finds the session as the script has made it") {
  BusyProject project;
  project.reader.run(
      "COMMIT; CREATE ROLE case_painter; GRANT ALL ON SCHEMA public TO case_painter; "
      "ALTER TABLE busy OWNER TO case_painter; BEGIN; SELECT * FROM busy");
  project.dir.pair(
      "0001", "a",
      "-- pgtide: no-transaction\n"
      "CREATE TEMP TABLE few AS SELECT id FROM busy WHERE id < 5;\n"
      "GRANT SELECT ON few TO case_painter;\n"
      "PREPARE mark AS UPDATE busy SET id = -id WHERE id IN (SELECT id FROM few);\n"
      "DECLARE kept CURSOR WITH HOLD FOR SELECT * FROM busy;\n"
      "SELECT pg_advisory_lock(42);\n"
      "LISTEN news;\n"
      "SET work_mem = '5MB';\n"
      "SET ROLE case_painter;\n"
      "ALTER TABLE busy ADD COLUMN n integer;\n"
      "CREATE TABLE seen AS SELECT current_user AS who, current_setting('work_mem') AS "
      "memory, (SELECT count(*) FROM pg_cursors WHERE name = 'kept') AS cursors, "
      "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND "
      "pid = pg_backend_pid()) AS locks, (SELECT count(*) FROM "
      "pg_listening_channels()) AS channels;\n"
      "EXECUTE mark;\n");
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  REQUIRE(project.seen.retries.size() == 1);
  CHECK(project.db.rows("SELECT * FROM seen") == "case_painter|5MB|1|1|1\n");
  CHECK(project.db.value("SELECT count(*) FROM busy WHERE id < 0 AND n IS NULL") == "4");
  CHECK(project.seen.remarks.empty());
  project.db.run(
      "REASSIGN OWNED BY case_painter TO postgres; DROP OWNED BY case_painter; "
      "DROP ROLE case_painter");
}

TEST_CASE("lock_timeout holds again for another attempt of a statement that waits without it") {
  BusyProject project;
  project.settings.lock_timeout = milliseconds(300);
  project.dir.pair("0001", "a",
                   "CREATE INDEX CONCURRENTLY i ON busy (id);\n"
                   "ALTER TABLE busy ADD COLUMN n integer;\n"
                   "DO $$ BEGIN IF current_setting('lock_timeout') <> '300ms' THEN RAISE "
                   "'it is %', current_setting('lock_timeout'); END IF; END $$;\n");
  CHECK(failure(project.up(), project.dir) == "");
}

TEST_CASE("a run that goes on in another session says what the old one took along") {
  Project project;
  project.dir.pair("0001", "a",
                   "-- pgtide: no-transaction\n"
                   "CREATE TEMP TABLE few (id integer);\n"
                   "PREPARE q AS SELECT 1;\n"
                   "SELECT pg_advisory_lock(42);\n"
                   "LISTEN news;\n"
                   "CREATE TABLE t ();\n"
                   "SELECT 1/0;\n");
  CHECK(told(project.up()) == "0001 failed");
  project.seen.remarks.clear();
  CHECK(told(project.up()) == "0001 failed");
  REQUIRE(project.seen.remarks.size() == 4);
  CHECK(project.seen.remarks[0].where.line == 2);
  for (const char* what :
       {"a temporary object", "a prepared statement", "an advisory lock", "a LISTEN"}) {
    CHECK(has_remark(project, std::string(what) + " of an earlier run is gone"));
  }
}

TEST_CASE("attempts are counted for what is rolled back together") {
  Project project;
  project.settings.lock_timeout = milliseconds(400);
  project.settings.lock_retries = 1;
  project.db.run("CREATE TABLE a (id integer); CREATE TABLE b (id integer)");
  project.dir.pair("0001", "a", "ALTER TABLE a ADD COLUMN v integer");
  project.dir.pair("0002", "b", "ALTER TABLE b ADD COLUMN v integer");
  Sql on_b = project.db.connect();
  on_b.run("BEGIN; LOCK TABLE b");
  // 0001 has to wait at each attempt, long enough to be seen.
  std::atomic<bool> over = false;
  std::thread on_a([&] {
    Sql sql = project.db.connect();
    while (!over) {
      sql.run("BEGIN; LOCK TABLE a IN ACCESS SHARE MODE; SELECT pg_sleep(0.3); COMMIT");
    }
  });
  project.seen.when_retry = [&] {
    if (project.seen.retries.size() > 3) on_b.run("ROLLBACK");  // else it would never end
  };
  const Report report = project.run(Direction::up, ToNewest{}, Finish::commit_all);
  over = true;
  on_a.join();
  CHECK(project.seen.retries.size() == 1);
  REQUIRE(report.failure);
  CHECK(report.failure->sqlstate == "55P03");
  CHECK(report.failure->kind == FailureKind::environment);
}

TEST_CASE("a transaction that could not be serialized is tried again") {
  Project project;
  project.db.run("CREATE TABLE c (v integer); INSERT INTO c VALUES (0)");
  Finish finish = Finish::commit_each;
  SUBCASE("a transaction") {}
  SUBCASE("the whole run") {
    finish = Finish::commit_all;
  }
  // The statement fails as the server would have it fail, the first time only.
  project.db.run(
      "CREATE SEQUENCE tries; CREATE FUNCTION fail_once() RETURNS void LANGUAGE plpgsql "
      "AS $$ BEGIN IF nextval('tries') = 1 THEN RAISE SQLSTATE '40001'; END IF; END $$");
  project.dir.pair("0001", "a", "UPDATE c SET v = v + 1; SELECT fail_once();");
  const Report report = project.run(Direction::up, ToNewest{}, finish);
  CHECK(failure(report, project.dir) == "");
  REQUIRE(project.seen.retries.size() == 1);
  CHECK(project.seen.retries[0].reason == LockFailure::conflict);
  CHECK(project.db.value("SELECT v FROM c") == "1");
}

TEST_CASE("a conflict that shows only at COMMIT is tried again") {
  Project project;
  project.db.run(
      "CREATE TABLE c (v integer); CREATE SEQUENCE tries; CREATE FUNCTION fail_once() "
      "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('tries') = 1 THEN RAISE "
      "SQLSTATE '40001'; END IF; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER late "
      "AFTER INSERT ON c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
      "fail_once()");
  project.dir.pair("0001", "a", "INSERT INTO c VALUES (1)");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.seen.retries.size() == 1);
  CHECK(project.db.value("SELECT count(*) FROM c") == "1");
}

TEST_CASE("a wait for somebody else's index ends, and says again and again what it is for") {
  Project project;
  project.settings.lock_wait = milliseconds(700);
  project.db.run("CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (1)");
  CHECK(project.db.connect().sqlstate("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)") ==
        "23505");
  project.db.run("DELETE FROM t");
  Sql forgotten = project.db.connect();
  forgotten.run("BEGIN; ANALYZE t");
  project.dir.pair("0001", "a", "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)");
  const Report report = project.up();
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->message.find("t_id is not finished, and another session is at work on its "
                                     "table (pid " +
                                     std::to_string(forgotten.pid())) == 0);
  CHECK(report.failure->hint.find("--lock-wait") != std::string::npos);
  forgotten.run("COMMIT");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.states() == "0001 applied ready\n");
}

TEST_CASE("a script is finished whatever it set for the transactions of its session") {
  Project project;
  SUBCASE("as its last statement") {
    project.dir.pair("0001", "a",
                     "-- pgtide: no-transaction\n"
                     "CREATE TABLE t ();\n"
                     "SET default_transaction_read_only = on;");
  }
  SUBCASE("before others") {
    project.dir.pair("0001", "a",
                     "-- pgtide: no-transaction\n"
                     "CREATE TABLE t ();\n"
                     "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL "
                     "REPEATABLE READ;\n"
                     "SET work_mem = '5MB';\n"
                     "DO $$ BEGIN ASSERT current_setting('work_mem') = '5MB'; END $$;\n"
                     "BEGIN; SELECT count(*) FROM t; COMMIT;\n"
                     "BEGIN READ WRITE; DROP TABLE t; CREATE TABLE t (); COMMIT;\n"
                     "SELECT 1;");
  }
  SUBCASE("a transaction that only reads") {
    project.dir.pair("0001", "a",
                     "VACUUM pg_class;\n"
                     "CREATE TABLE t ();\n"
                     "BEGIN READ ONLY; SELECT count(*) FROM t; COMMIT;");
  }
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(project.states() == "0001 applied ready\n");
  const auto& statements = project.seen.steps;
  CHECK(std::ranges::count(statements, "0001 done") == 1);
  CHECK(project.db.value("SELECT count(DISTINCT detail->>'statement') = count(*) FROM "
                         "migrations_log WHERE event = 'statement_done'") == "t");
}

TEST_CASE("what a script may not write it still may not, where it said so itself") {
  Project project;
  project.dir.pair("0001", "a",
                   "-- pgtide: no-transaction\n"
                   "SET default_transaction_read_only = on;\n"
                   "SELECT 1;\n"
                   "CREATE TABLE t ();\n");
  CHECK(failure(project.up(), project.dir).find("sql/0001_a.sql:4:1 25006") == 0);
  CHECK(project.states() == "0001 in_progress ready\n");
}

TEST_CASE("a script may be mended where nothing of it is done") {
  Project project;
  project.db.run("CREATE TABLE t (a integer, b integer); INSERT INTO t VALUES (1), (1)");
  std::string wrong = "CREATE INDEX CONCURRENTLY t_i ON t (nope)";
  std::string right = "CREATE INDEX CONCURRENTLY t_i ON t (a)";
  SUBCASE("nothing is left of it") {}
  SUBCASE("it left an index that is not finished") {
    wrong = "CREATE UNIQUE INDEX CONCURRENTLY t_i ON t (a)";
  }
  SUBCASE("it is an ordinary migration then") {
    right = "CREATE INDEX t_i ON t (a)";
  }
  SUBCASE("another script altogether") {
    right = "CREATE TABLE u (); VACUUM u; CREATE INDEX t_i ON t (a)";
  }
  project.dir.pair("0001", "a", wrong);
  CHECK(told(project.up()) == "0001 failed");
  project.dir.forward("0001", "a", right);
  const Report report = project.up();
  CHECK(failure(report, project.dir) == "");
  CHECK(indexes(project) == "t_i valid\n");
  CHECK(project.states() == "0001 applied ready\n");
}

TEST_CASE("an index that a mended statement does not clear away is named") {
  Project project;
  project.db.run("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)");
  project.dir.pair("0001", "a", "CREATE UNIQUE INDEX CONCURRENTLY wrong ON t (a)");
  CHECK(told(project.up()) == "0001 failed");
  project.dir.forward("0001", "a", "CREATE INDEX CONCURRENTLY right_one ON t (a)");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(has_remark(project, "DROP INDEX CONCURRENTLY IF EXISTS public.wrong"));
}

TEST_CASE("of a script that is half done the rest may be mended") {
  Project project;
  const std::string done = "CREATE TABLE t (n integer);\nVACUUM t;\n";
  project.dir.pair("0001", "a", done + "SELECT 1/0;\n");
  CHECK(told(project.up()) == "0001 failed");
  std::string refusal;
  SUBCASE("what failed") {
    project.dir.forward("0001", "a", done + "SELECT 1;\nCREATE TABLE u ();\n");
  }
  SUBCASE("comments and line ends, too") {
    project.dir.forward("0001", "a",
                        "-- a table\r\nCREATE TABLE t (n integer);\r\n\r\nVACUUM t; -- once\r\n");
  }
  SUBCASE("but not what is done") {
    project.dir.forward("0001", "a", "CREATE TABLE t (n bigint);\nVACUUM t;\nSELECT 1;\n");
    refusal = "it changed after statement 2 of 3 was done";
  }
  SUBCASE("nor less than that") {
    project.dir.forward("0001", "a", "CREATE TABLE t (n integer);\n");
    refusal = "it changed after statement 2 of 3 was done";
  }
  SUBCASE("and it stays one that runs statement by statement") {
    project.dir.forward("0001", "a", "CREATE TABLE t (n integer);\nVACUUM t;\n");
  }
  if (refusal.empty()) {
    CHECK(failure(project.up(), project.dir) == "");
    CHECK(project.states() == "0001 applied ready\n");
  } else {
    CHECK(project.refusal().find(refusal) != std::string::npos);
  }
}
