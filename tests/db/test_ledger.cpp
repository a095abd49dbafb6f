// The ledger: rows and log of every way a migration can go, and ledgers that others made.
#include <doctest/doctest.h>

#include "pgtide/checksum.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

TEST_CASE("up, down and up again") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b");
  const Report up = project.up();
  CHECK(up.current == Version(2));
  const std::string first_id = project.db.value("SELECT id FROM migrations WHERE version = '0002'");
  CHECK(project.db.value("SELECT string_agg(DISTINCT run_id::text, ',') FROM migrations_log") ==
        up.run_id);
  const Report down = project.down("1");
  CHECK(down.current == Version(1));
  CHECK(down.run_id != up.run_id);
  CHECK(project.ledger() == "0001 a: applied\n0002 b: rolled back\n");
  CHECK(project.states() == "0001 applied ready\n0002 rolled_back ready\n");
  CHECK(told(project.up()) == "0002 done");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
  CHECK(project.log() ==
        "up applied 0001, rollback stored\n"
        "up applied 0002, rollback stored\n"
        "down rolled_back 0002\n"
        "up applied 0002, rollback stored\n");
  CHECK(project.db.value("SELECT id FROM migrations WHERE version = '0002'") == first_id);
  CHECK(project.db.value("SELECT count(DISTINCT run_id) FROM migrations_log") == "3");
  CHECK(project.db.value("SELECT count(*) FROM migrations_log WHERE at > now() + interval '1 min' "
                         "OR at < now() - interval '10 min'") == "0");
  CHECK(project.db.value("SELECT bool_and(duration_ms = execution_time) FROM migrations_log l JOIN "
                         "migrations USING (version) WHERE event = 'applied' AND l.id <> 2") ==
        "t");

  const std::vector<LogEntry> history = project.migrator().history(2);
  REQUIRE(history.size() == 2);
  CHECK(history[0].event == "applied");
  CHECK(history[0].rollback_stored);
  CHECK(history[0].database_user == "postgres");
  CHECK(history[1].event == "rolled_back");
  CHECK(history[1].direction == "down");
  CHECK(history[1].run_id == down.run_id);
  CHECK(project.migrator().history().size() == 4);
}

TEST_CASE("execution_time is the script's time") {
  Project project;
  const char* finish = "";
  SUBCASE("each migration a transaction") {
    finish = "each";
  }
  SUBCASE("a single transaction") {
    finish = "all";
  }
  project.dir.pair("0001", "a", "SELECT pg_sleep(0.12)");
  for (const char* version : {"0002", "0003", "0004"}) {
    project.dir.pair(version, "b", "SELECT 1");
  }
  const Report report =
      project.run(Direction::up, ToNewest{},
                  finish == std::string("all") ? Finish::commit_all : Finish::commit_each);
  CHECK(report.steps[0].duration_ms >= 110);
  // None has the time of those before it.
  std::int64_t together = 0;
  for (const StepReport& step : report.steps) together += step.duration_ms;
  CHECK(together <= report.duration_ms + std::ssize(report.steps));  // each is rounded
  CHECK(project.db.value("SELECT sum(execution_time) FROM migrations") == std::to_string(together));
}

TEST_CASE("execution_time of a failure is the script's time") {
  Project project;
  SUBCASE("in a statement") {
    project.dir.pair("0001", "a", "SELECT pg_sleep(0.12); SELECT 1/0");
  }
  SUBCASE("at COMMIT") {
    project.dir.pair("0001", "a",
                     "CREATE TABLE p (id integer PRIMARY KEY);"
                     "CREATE TABLE c (id integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
                     "INSERT INTO c VALUES (1); SELECT pg_sleep(0.12)");
  }
  CHECK(told(project.up()) == "0001 failed");
  CHECK(project.db.value("SELECT execution_time >= 110 FROM migrations") == "t");
}

TEST_CASE("status before there is a ledger writes nothing") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  const StatusReport status = project.migrator().status();
  CHECK_FALSE(status.ledger_exists);
  CHECK(status.count(State::pending) == 1);
  CHECK_FALSE(project.db.has_table("migrations"));
  CHECK(project.migrator().history().empty());
}

TEST_CASE("up to a version, by steps, and with nothing to do") {
  Project project;
  for (const char* version : {"0001", "0002", "0003", "0004"}) {
    project.dir.pair(version, "x", "SELECT 1");
  }
  CHECK(told(project.up("2")) == "0001 done, 0002 done");
  CHECK(told(project.up("0002")) == "");
  CHECK(told(project.up(BySteps{1})) == "0003 done");
  CHECK(told(project.run(Direction::down, BySteps{2})) == "0003 done, 0002 done");
  CHECK(told(project.up()) == "0002 done, 0003 done, 0004 done");
  const std::string before = project.db.dump();
  const Report nothing = project.up();
  CHECK(told(nothing) == "");
  CHECK(nothing.current == Version(4));
  CHECK(project.db.dump() == before);
}

TEST_CASE("the stored rollback is used when the file is gone, the file when it is there") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b; CREATE TABLE stored ();");
  project.up();
  const auto notices = [&] {
    return project.migrator()
        .prepare({.direction = Direction::down, .target = ToVersion{"1"}})
        .plan.notices;
  };
  SUBCASE("rollback file gone") {
    project.dir.remove_rollback("0002");
    CHECK(project.states() == "0001 applied ready\n0002 applied stored\n");
    REQUIRE(notices().size() == 1);
    CHECK(notices()[0].find("0002") != std::string::npos);
    CHECK(told(project.down("1")) == "0002 done");
    CHECK(project.db.has_table("stored"));
    CHECK(project.ledger() == "0001 a: applied\n0002 b: rolled back\n");
  }
  SUBCASE("an older deployment without both files") {
    project.dir.remove("0002");
    CHECK(project.states() == "0001 applied ready\n0002 missing stored\n");
    CHECK(told(project.up()) == "");
    CHECK(told(project.down("1")) == "0002 done");
    CHECK(project.db.has_table("stored"));
    CHECK_FALSE(project.db.has_table("b"));
  }
  SUBCASE("the file wins") {
    project.dir.rollback("0002", "DROP TABLE b; CREATE TABLE file ();");
    CHECK(notices().empty());
    CHECK(told(project.down("1")) == "0002 done");
    CHECK(project.db.has_table("file"));
    CHECK_FALSE(project.db.has_table("stored"));
  }
  SUBCASE("the newest stored one") {
    project.down("1");
    project.dir.rollback("0002", "DROP TABLE b; CREATE TABLE newer ();");
    project.up();
    project.dir.remove_rollback("0002");
    CHECK(told(project.down("1")) == "0002 done");
    CHECK(project.db.has_table("newer"));
  }
  SUBCASE("a stored script that fails is told by its own name") {
    project.db.run("DROP TABLE b");
    project.dir.remove_rollback("0002");
    const Report report = project.down("1");
    CHECK(told(report) == "0002 failed");
    CHECK(failure(report, project.dir) ==
          "stored rollback of 0002:1:1 42P01 table \"b\" does not exist");
  }
  SUBCASE("a dry run uses it, too") {
    project.dir.remove("0002");
    CHECK(told(project.dry_down("1")) == "0002 done");
    CHECK(project.db.has_table("b"));
  }
}

TEST_CASE("an irreversible migration goes up and refuses to go down") {
  Project project;
  project.dir.forward("0001", "a", "-- pgtide: irreversible the data is gone\nCREATE TABLE a ();");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.log() == "up applied 0001\n");
  CHECK(project.states() == "0001 applied irreversible\n");
  const std::string refused = project.refusal([&] { project.down("0"); });
  CHECK(refused.find("0001") != std::string::npos);
  CHECK(refused.find("the data is gone") != std::string::npos);
  CHECK(project.ledger() == "0001 a: applied\n");
}

TEST_CASE("line ends and a byte-order mark are no change, anything else is") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ();\nSELECT 1;\n");
  project.up();
  const auto changed = [&](const std::string& text) {
    project.dir.forward("0001", "a", text);
    return project.refusal() != "";
  };
  CHECK_FALSE(changed("CREATE TABLE a ();\r\nSELECT 1;\r\n"));
  CHECK_FALSE(
      changed("\xEF\xBB\xBF"
              "CREATE TABLE a ();\nSELECT 1;\n"));
  CHECK_FALSE(
      changed("\xEF\xBB\xBF"
              "CREATE TABLE a ();\r\nSELECT 1;\r\n"));
  CHECK(changed("CREATE TABLE a ();\nSELECT 1;"));
  CHECK(changed("CREATE TABLE a ();\nSELECT 2;\n"));

  SUBCASE("recorded by another tool from the raw bytes of a CRLF file with a mark") {
    const std::string raw =
        "\xEF\xBB\xBF"
        "CREATE TABLE a ();\r\nSELECT 1;\r\n";
    project.db.run("UPDATE migrations SET checksum = upper('" + sha256_hex(raw) + "')");
    CHECK_FALSE(changed("CREATE TABLE a ();\nSELECT 1;\n"));
  }
}

TEST_CASE("changed files stop up before anything runs, all of them named; repair accepts them") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  project.dir.pair("0003", "c", "CREATE TABLE c ()");
  project.up("2");
  project.dir.forward("0001", "a", "CREATE TABLE a (x int)");
  project.dir.pair("0002", "b", "CREATE TABLE b (x int)", "DROP TABLE b");
  const std::string refused = project.refusal();
  CHECK(refused.find("sql/0001_a.sql: 0001 (a) has changed since it was applied") !=
        std::string::npos);
  CHECK(refused.find("sql/0002_b.sql: 0002 (b) has changed since it was applied") !=
        std::string::npos);
  CHECK_FALSE(project.db.has_table("c"));
  CHECK(project.states() == "0001 changed ready\n0002 changed ready\n0003 pending ready\n");
  CHECK(project.migrator().changed().size() == 2);

  Migrator migrator = project.migrator();
  CHECK(migrator.repair().size() == 2);
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
  CHECK(project.log() ==
        "up applied 0001, rollback stored, checksum=" + checksum_of("CREATE TABLE a ()").text +
            "\nup applied 0002, other rollback stored, checksum=" +
            checksum_of("CREATE TABLE b ()").text +
            "\nup repaired 0001, rollback stored\nup repaired 0002, rollback stored\n");
  CHECK(migrator.repair().empty());
  CHECK(told(project.up()) == "0003 done");
}

TEST_CASE("what an operator knows is recorded") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "CREATE TABLE b ()", "DROP TABLE b");
  project.dir.pair("0003", "c", "CREATE TABLE c ()", "DROP TABLE c");
  SUBCASE("baseline") {
    CHECK(project.migrator().baseline("2").size() == 2);
    CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n");
    CHECK(project.log() ==
          "up baselined 0001, rollback stored\nup baselined 0002, rollback stored\n");
    CHECK_FALSE(project.db.has_table("a"));
    CHECK(told(project.up()) == "0003 done");
    CHECK(project.migrator().baseline("2").empty());
  }
  SUBCASE("a failed one is applied by hand") {
    project.dir.forward("0001", "a", "SELECT 1/0");
    project.up();
    project.migrator().resolve_applied("1");
    CHECK(project.ledger() == "0001 a: applied\n");
    CHECK(project.log() ==
          "up failed 0001: sql/0001_a.sql:1:1: division by zero (22012)\n"
          "up resolved 0001, rollback stored\n");
    CHECK(told(project.up()) == "0002 done, 0003 done");
  }
  SUBCASE("an applied one was taken back by hand") {
    project.up("1");
    project.migrator().resolve_rolled_back("0001");
    CHECK(project.ledger() == "0001 a: rolled back\n");
    CHECK(project.log() == "up applied 0001, rollback stored\ndown resolved 0001\n");
    const std::string twice =
        project.refusal([&] { project.migrator().resolve_rolled_back("0001"); });
    CHECK(twice.find("nothing was recorded") != std::string::npos);
  }
  SUBCASE("a version that is nowhere") {
    for (const char* wrong : {"9", "x", "", "0"}) {
      CAPTURE(wrong);
      CHECK_THROWS_AS(project.migrator().baseline(wrong), Error);
      CHECK_THROWS_AS(project.migrator().resolve_applied(wrong), Error);
      CHECK_THROWS_AS(project.migrator().resolve_rolled_back(wrong), Error);
    }
    CHECK_FALSE(project.db.has_table("migrations"));
  }
}

TEST_CASE("a pending version below an applied one") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1");
  project.dir.pair("0003", "c", "SELECT 1");
  project.up();
  project.dir.pair("0002", "b", "CREATE TABLE b ()");
  const std::string refused = project.refusal();
  CHECK(refused.find("0002 (b)") != std::string::npos);
  CHECK(refused.find("0003 (c)") != std::string::npos);
  CHECK_FALSE(project.db.has_table("b"));
  project.settings.policy.out_of_order = OutOfOrder::allow;
  CHECK(told(project.up()) == "0002 done");
  CHECK(project.ledger() == "0001 a: applied\n0002 b: applied\n0003 c: applied\n");
}

TEST_CASE("a version in other digits is one version") {
  Project project;
  project.dir.pair("0005", "a", "CREATE TABLE IF NOT EXISTS a ()", "DROP TABLE a");
  project.up();
  SUBCASE("its row is updated, not doubled") {
    project.db.run("UPDATE migrations SET version = '5'");
    CHECK(told(project.up()) == "");
    CHECK(told(project.down("0")) == "5 done");
    CHECK(told(project.up("05")) == "5 done");
    CHECK(project.db.rows("SELECT version, success, rolled_back_at FROM migrations") == "5|t|-\n");
  }
  SUBCASE("two rows are a problem that names both") {
    project.db.run("INSERT INTO migrations (version, name, success) VALUES ('5', 'a', true)");
    const std::string refused = project.refusal();
    CHECK(refused.find("5") != std::string::npos);
    CHECK(refused.find("0005") != std::string::npos);
    CHECK_THROWS_AS(project.migrator().status(), Error);
  }
  SUBCASE("a row that is no version") {
    project.db.run("INSERT INTO migrations (version, name, success) VALUES ('1.2', 'a', true)");
    CHECK(project.refusal().find("`1.2`") != std::string::npos);
  }
  SUBCASE("the stored rollback of a row in other digits is found") {
    project.db.run("UPDATE migrations SET version = '5', rolled_back_at = now()");
    CHECK(told(project.up()) == "5 done");
    project.dir.remove("0005");
    CHECK(project.states() == "5 missing stored\n");
    CHECK(told(project.down("0")) == "5 done");
  }
}

TEST_CASE("timestamps as versions") {
  Project project;
  project.dir.pair("20240115103000", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("20240116090000", "b", "CREATE TABLE b ()", "DROP TABLE b");
  CHECK(told(project.up()) == "20240115103000 done, 20240116090000 done");
  CHECK(told(project.down("20240115103000")) == "20240116090000 done");
  CHECK(project.ledger() == "20240115103000 a: applied\n20240116090000 b: rolled back\n");
}

TEST_CASE("a table that is no ledger is left alone, and every odd column is named") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.db.run(
      "CREATE TABLE migrations (id integer, version integer, name text, run_on date NOT NULL)");
  const std::string refused = project.refusal();
  for (const char* column : {"id is integer", "version is integer", "checksum", "applied_at",
                             "execution_time", "success", "error", "rolled_back_at", "run_on"}) {
    CAPTURE(column);
    CHECK(refused.find(column) != std::string::npos);
  }
  CHECK_THROWS_AS(project.migrator().status(), Error);
  CHECK_THROWS_AS(project.dry_up(), Error);
  CHECK_FALSE(project.db.has_table("migrations_log"));
  project.settings.table = "schema_changes";
  CHECK(told(project.up()) == "0001 done");
}

TEST_CASE("the name of the ledger is taken by a view") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  project.db.run("CREATE VIEW migrations AS SELECT 1 AS one");
  CHECK(project.refusal() != "");
  CHECK_FALSE(project.db.has_table("a"));
}

TEST_CASE("names of schema and table") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.dir.pair("0002", "b", "SELECT 1/0");
  SUBCASE("in a schema that does not exist yet") {
    project.settings.schema = "ops";
  }
  SUBCASE("upper case, spaces") {
    project.settings.schema = "My Schema";
    project.settings.table = "Schema Changes";
  }
  SUBCASE("quotes, a colon, a backslash, a percent sign, braces") {
    project.settings.schema = "it's \"mine\"";
    project.settings.table = "a:b \\ {0} %I 'c' \"d\"";
  }
  SUBCASE("a keyword") {
    project.settings.table = "select";
  }
  SUBCASE("letters beyond ASCII") {
    project.settings.schema = "schéma";
    project.settings.table = "änderungen";
  }
  CHECK(told(project.up()) == "0001 done, 0002 failed");
  CHECK(project.ledger() ==
        "0001 a: applied\n0002 b: failed, sql/0002_b.sql:1:1: division by zero (22012)\n");
  CHECK(project.states() == "0001 applied ready\n0002 failed ready\n");
  project.dir.remove("0002");
  project.dir.remove("0001");
  CHECK(told(project.down("0")) == "0001 done");
  CHECK(project.migrator().history().size() == 3);
  CHECK_FALSE(project.db.has_table("public.migrations"));
}

TEST_CASE("a table name that leaves no room for its companions") {
  Project project;
  project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
  project.settings.table = std::string(60, 'm');
  CHECK(told(project.up()) == "0001 done");
  CHECK(told(project.down("0")) == "0001 done");
  CHECK(project.migrator().history().size() == 2);
}

TEST_CASE("two ledgers live side by side in one database") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1");
  CHECK(told(project.up()) == "0001 done");
  project.settings.schema = "other";
  CHECK(told(project.up()) == "0001 done");
  project.settings.table = "changes";
  CHECK(told(project.up()) == "0001 done");
}

TEST_CASE("the health view says what its users expect") {
  Project project;
  project.dir.pair("0001", "a", "SELECT 1");
  project.dir.pair("0002", "b", "SELECT 1");
  project.dir.pair("0003", "c", "SELECT 1/0");
  project.up();
  project.down("1");
  project.dir.forward("0002", "b", "SELECT 1");
  CHECK(
      project.db.rows("SELECT version, name, status, execution_time IS NOT NULL, applied_at IS NOT "
                      "NULL FROM migration_health") ==
      "0003|c|failed|t|t\n0002|b|rolled_back|t|t\n0001|a|applied|t|t\n");
}

TEST_CASE("URL parameters of Prisma choose the schema") {
  Project project;
  project.db.run("CREATE SCHEMA app");
  project.settings.url =
      "postgresql://postgres@/" + project.db.name() + "?host=" + server().socket_dir() +
      "&port=" + std::to_string(server().port()) + "&schema=app&connection_limit=5";
  project.dir.pair("0001", "a", "CREATE TABLE a ()");
  CHECK(told(project.up()) == "0001 done");
  CHECK(project.db.has_table("app.migrations"));
  CHECK(project.db.has_table("app.a"));
  CHECK(project.migrator().notices().size() == 1);
}
