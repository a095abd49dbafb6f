// Many migrations in one pipeline behave as one after the other.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

constexpr int count = 6;

std::string version(int number) {
  return fmt::format("{:04}", number);
}

// How a script breaks, and what is said about it.
struct Break {
  const char* name;
  const char* sql;
  const char* message;
};
const std::vector<Break> breaks = {
    {"in a statement", "CREATE TABLE half ();\nSELECT 1/0;\nCREATE TABLE half2 ();\n",
     ":2:1 22012 division by zero"},
    {"in its last statement", "CREATE TABLE half ();\nSELECT 1/0", ":2:1 22012 division by zero"},
    {"in COPY", "CREATE TABLE half (n integer);\nCOPY half FROM stdin;\n1\nx\n\\.\n",
     ":4:1 22P02 invalid input syntax for type integer: \"x\""},
    {"behind COPY", "CREATE TABLE half (n integer);\nCOPY half FROM stdin;\n1\n\\.\nSELECT 1/0;\n",
     ":5:1 22012 division by zero"},
    {"at COMMIT",
     "CREATE TABLE half (n integer PRIMARY KEY, m integer REFERENCES half DEFERRABLE INITIALLY "
     "DEFERRED);\nINSERT INTO half VALUES (1, 2);\n",
     " 23503 at the end of the transaction: insert or update on table \"half\" violates foreign "
     "key constraint \"half_m_fkey\""},
    {"in pgtide's own row", "DROP TABLE migrations_log CASCADE;\nCREATE TABLE half ();\n",
     " 42P01 the script drops pgtide's own tables: relation \"public.migrations_log\" does not "
     "exist"}};

std::string expect_told(int failing, Direction direction) {
  std::string text;
  for (int i = 1; i <= count; ++i) {
    const int number = direction == Direction::up ? i : count + 1 - i;
    const bool before = direction == Direction::up ? number < failing : number > failing;
    text += (i == 1 ? "" : ", ") + version(number) +
            (number == failing ? " failed"
             : before          ? " done"
                               : " not_run");
  }
  return text;
}

void write_pairs(Project& project) {
  for (int i = 1; i <= count; ++i) {
    project.dir.pair(version(i), "m", fmt::format("CREATE TABLE t{} (n integer)", i),
                     fmt::format("DROP TABLE t{}", i));
  }
}

std::string tables(Project& project) {
  return project.db.value(
      "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class WHERE relname "
      "~ '^(t[0-9]|half)' AND relkind = 'r'");
}

std::string expect_tables(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += fmt::format("{}t{}", i == first ? "" : " ", i);
  return text;
}

}  // namespace

TEST_CASE("a failure at any place of a window leaves exactly what was before it") {
  for (const Break& broken : breaks) {
    CAPTURE(broken.name);
    Project project;
    for (int failing = 1; failing <= count; ++failing) {
      CAPTURE(failing);
      project.db.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");  // the ledger, too
      write_pairs(project);
      project.dir.forward(version(failing), "m", broken.sql);
      const Report report = project.up();
      CHECK(told(report) == expect_told(failing, Direction::up));
      CHECK(failure(report, project.dir) ==
            fmt::format("sql/{}_m.sql{}", version(failing), broken.message));
      REQUIRE(report.failure);
      CHECK(report.failure->step == static_cast<std::size_t>(failing) - 1);
      CHECK(report.failure->recorded);
      CHECK(report.current == (failing > 1
                                   ? std::optional(Version(static_cast<std::uint64_t>(failing) - 1))
                                   : std::nullopt));
      CHECK(tables(project) == expect_tables(1, failing - 1));
      CHECK(project.db.rows("SELECT version::int, success, error IS NULL FROM migrations ORDER BY "
                            "1") == [&] {
        std::string rows;
        for (int i = 1; i <= failing; ++i) {
          rows += fmt::format("{}|{}\n", i, i == failing ? "f|f" : "t|t");
        }
        return rows;
      }());

      write_pairs(project);
      const Report again = project.up();
      CHECK(failure(again, project.dir) == "");
      CHECK(tables(project) == expect_tables(1, count));
      CHECK(project.db.value("SELECT count(*) FROM migrations WHERE success") ==
            std::to_string(count));
    }
  }
}

TEST_CASE("a failure at any place of a window that goes down") {
  for (const Break& broken : breaks) {
    CAPTURE(broken.name);
    Project project;
    for (int failing = 1; failing <= count; ++failing) {
      CAPTURE(failing);
      write_pairs(project);
      REQUIRE(failure(project.up(), project.dir) == "");
      project.dir.rollback(version(failing), broken.sql);
      const Report report = project.down("0");
      CHECK(told(report) == expect_told(failing, Direction::down));
      CHECK(failure(report, project.dir) ==
            fmt::format("rollback/{}_rollback.sql{}", version(failing), broken.message));
      CHECK(tables(project) == expect_tables(1, failing));
      CHECK(report.current == Version(static_cast<std::uint64_t>(failing)));
      CHECK(project.db.value("SELECT count(*) FROM migrations WHERE rolled_back_at IS NULL AND "
                             "success") == std::to_string(failing));
      CHECK(project.db.value("SELECT error IS NOT NULL FROM migrations WHERE version = '" +
                             version(failing) + "'") == "t");
    }
  }
}

TEST_CASE("scripts in and out of the pipeline run in their order") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE t1 (n integer)", "DROP TABLE t1");
  project.dir.pair("0002", "b", "COPY t1 FROM stdin;\n1\n\\.\n", "DELETE FROM t1");
  project.dir.pair("0003", "c", "CREATE INDEX CONCURRENTLY t1_n ON t1 (n)",
                   "DROP INDEX CONCURRENTLY t1_n");
  project.dir.pair("0004", "d", "INSERT INTO t1 VALUES (2)", "DELETE FROM t1 WHERE n = 2");
  project.dir.pair("0005", "e", "-- pgtide: batch size=1\nUPDATE t1 SET n = n + 10 WHERE n < 10",
                   "UPDATE t1 SET n = n - 10; VACUUM t1;");
  project.dir.pair("0006", "f", "INSERT INTO t1 VALUES (3)", "DELETE FROM t1 WHERE n = 3");
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.db.rows("SELECT n FROM t1 ORDER BY n") == "3\n11\n12\n");
  CHECK(project.db.rows("SELECT version FROM migrations ORDER BY applied_at") ==
        "0001\n0002\n0003\n0004\n0005\n0006\n");
  CHECK(failure(project.down("0"), project.dir) == "");
  CHECK(tables(project) == "");
}

TEST_CASE("many more migrations than a window holds, with many notices") {
  Project project;
  constexpr int many = 300;
  for (int i = 1; i <= many; ++i) {
    project.dir.pair(
        version(i), "m",
        fmt::format("DROP TABLE IF EXISTS nowhere{0};\nCREATE TABLE m{0} ();\n"
                    "DO $$ BEGIN FOR i IN 1..30 LOOP RAISE NOTICE 'n % %', {0}, i; END "
                    "LOOP; END $$;",
                    i),
        fmt::format("DROP TABLE m{}", i));
  }
  const Report report = project.up();
  CHECK(report.count(StepOutcome::done) == many);
  REQUIRE(project.seen.notices.size() == many * 31);
  for (int i = 1; i <= many; ++i) {
    const auto at = static_cast<std::size_t>(i - 1) * 31;
    REQUIRE(project.seen.notices[at].message ==
            fmt::format("table \"nowhere{}\" does not exist, skipping", i));
    REQUIRE(project.seen.notices[at + 30].message == fmt::format("n {} 30", i));
    REQUIRE(project.seen.notices[at + 30].where.file.ends_with(version(i) + "_m.sql"));
  }
  CHECK(project.down("0").count(StepOutcome::done) == many);
  CHECK(project.db.value("SELECT count(*) FROM pg_class WHERE relname ~ '^m[0-9]+$'") == "0");
}

TEST_CASE("rows that a script selects do not pile up in memory") {
  Project project;
  project.dir.pair(
      "0001", "a",
      "SELECT i, repeat('x', 600) FROM generate_series(1, 1000000) i;\n"
      "CREATE TABLE a (n integer);\n"
      "INSERT INTO a SELECT generate_series(1, 1000000) RETURNING n, repeat('y', 200);\n");
  rusage before{};
  getrusage(RUSAGE_SELF, &before);  // what the child begins with
  const pid_t child = fork();
  if (child == 0) {
    try {
      const Report report = Migrator(project.settings).up();
      _exit(report.failure ? 1 : 0);
    } catch (...) {
      _exit(2);
    }
  }
  int status = 0;
  rusage usage{};
  REQUIRE(wait4(child, &status, 0, &usage) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  constexpr long answer_kib = 600 * 1000;  // the first answer's rows alone
  CHECK(usage.ru_maxrss - before.ru_maxrss < answer_kib);
  CHECK(project.db.value("SELECT count(*) FROM a") == "1000000");
}
