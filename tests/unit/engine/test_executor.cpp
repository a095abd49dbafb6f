#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/fake_run.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

const ports::ServerMessage cancelled{
    .severity = "ERROR", .sqlstate = "57014", .message = "canceling statement due to user request"};

std::vector<std::string> outcomes(const Report& report) {
  std::vector<std::string> words;
  for (const StepReport& step : report.steps) {
    words.push_back(step.step.version_text + FakeObserver::word(step.outcome));
  }
  return words;
}

}  // namespace

TEST_CASE("a signal that only hits what follows the last COMMIT stops nothing") {
  FakeRun run;
  run.add("0001", "SELECT 1");
  run.add("0002", "SELECT 2");
  run.session.answers = [&](const std::string& sql) -> std::optional<ports::ServerMessage> {
    if (sql != "DEALLOCATE ALL") return std::nullopt;
    return std::exchange(run.interrupt.number, 2) == 0 ? std::optional(cancelled) : std::nullopt;
  };
  Finish finish = Finish::commit_each;
  SUBCASE("each migration a transaction") {}
  SUBCASE("the run one transaction") {
    finish = Finish::commit_all;
  }
  const Report report = run.up(finish);
  CHECK(run.interrupt.number == 2);
  CHECK(outcomes(report) == std::vector<std::string>{"0001 done", "0002 done"});
  CHECK_FALSE(report.failure);
}

TEST_CASE("what is committed when a signal stops the run is not where it stopped") {
  FakeRun run;
  run.options.lock = &run.lock;
  for (const char* version : {"0001", "0002", "0003", "0004"}) run.add(version, "SELECT 1");
  int commits = 0;
  run.session.answers = [&](const std::string& sql) -> std::optional<ports::ServerMessage> {
    if (sql == "COMMIT" && ++commits == 2) run.interrupt.number = 2;
    return std::nullopt;
  };
  const Report report = run.up();
  CHECK(outcomes(report) ==
        std::vector<std::string>{"0001 done", "0002 done", "0003 not run", "0004 not run"});
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::interrupted);
  CHECK(report.failure->step == 2);
}

TEST_CASE("what may not be on disk is told so") {
  FakeRun run;
  run.options.lock = &run.lock;
  for (const char* version : {"0001", "0002", "0003"})
    run.add(version, "SELECT " + std::string(version));
  run.session.answers = [&](const std::string& sql) -> std::optional<ports::ServerMessage> {
    if (sql == "SELECT 0003") return ports::ServerMessage{.sqlstate = "22012", .message = "no"};
    if (sql.find("pg_logical_emit_message") == std::string::npos) return std::nullopt;
    return ports::ServerMessage{.sqlstate = "42501", .message = "permission denied"};
  };
  run.up();
  REQUIRE(run.observer.told.size() == 7);
  CHECK(run.observer.told[5] == "0003 failed");
  CHECK(run.observer.told[6] ==
        "the server did not confirm that what was committed last is on its disk: permission "
        "denied; if it crashes within the next seconds, look at `pgtide status`");
}

TEST_CASE("a script that cannot be read does not hide a failure that is still on its way") {
  FakeRun run;
  run.session.answers_at_once = false;
  run.add("0001", "SELECT broken");
  run.add("0002", "SELECT 2");
  run.session.answers = [&](const std::string& sql) -> std::optional<ports::ServerMessage> {
    if (sql != "SELECT broken") return std::nullopt;
    return ports::ServerMessage{.sqlstate = "42703", .message = "no such column"};
  };
  SUBCASE("the file is gone") {
    run.scripts.opens["0002.sql"] = []() -> std::unique_ptr<ByteSource> {
      throw Error(ErrorKind::environment, "cannot read 0002.sql");
    };
  }
  SUBCASE("it is another one") {
    run.scripts.texts["0002.sql"] = "SELECT 3";
  }
  const Report report = run.up();
  CHECK(outcomes(report) == std::vector<std::string>{"0001 failed", "0002 not run"});
  REQUIRE(report.failure);
  CHECK(report.failure->message == "no such column");
}

TEST_CASE("no step of a run in one transaction is called done before its COMMIT") {
  FakeRun run;
  run.add("0001", "SELECT 1");
  run.add("0002", "SELECT 2");
  std::vector<std::string> at_commit;
  bool commit_fails = false;
  int failures = 0;
  run.session.answers = [&](const std::string& sql) -> std::optional<ports::ServerMessage> {
    if (sql == "COMMIT" && at_commit.empty()) {
      at_commit = run.observer.told;
      if (commit_fails) return cancelled;
    }
    if (sql != "SELECT 2" || failures-- <= 0) return std::nullopt;
    return ports::ServerMessage{.sqlstate = "55P03", .message = "lock timeout"};
  };
  const std::vector<std::string> begun = {"0001 started", "0002 started"};
  SUBCASE("that succeeds") {
    run.up(Finish::commit_all);
    CHECK(at_commit == begun);
    CHECK(run.observer.told ==
          std::vector<std::string>{"0001 started", "0002 started", "0001 done", "0002 done"});
  }
  SUBCASE("that fails") {
    commit_fails = true;
    run.up(Finish::commit_all);
    CHECK(at_commit == begun);
    CHECK(run.observer.told ==
          std::vector<std::string>{"0001 started", "0002 started", "0001 undone", "0002 undone"});
  }
  SUBCASE("and once only, when it was tried again") {
    run.options.lock_retries = 1;
    failures = 1;
    run.up(Finish::commit_all);
    CHECK(run.observer.told == std::vector<std::string>{"0001 started", "0002 started",
                                                        "0001 started", "0002 started", "0001 done",
                                                        "0002 done"});
  }
}

TEST_CASE("nothing is held back while a script runs statement by statement") {
  FakeRun run;
  run.options.lock = &run.lock;
  run.add("0001", "SELECT 1");
  run.add("0002", "VACUUM");
  run.add("0003", "SELECT 3");
  std::vector<std::string> at_vacuum;
  run.session.answers = [&](const std::string& sql) -> std::optional<ports::ServerMessage> {
    if (sql == "VACUUM") at_vacuum = run.observer.told;
    return std::nullopt;
  };
  run.up();
  CHECK(at_vacuum == std::vector<std::string>{"0001 started", "0001 done", "0002 started"});
}
