#include <doctest/doctest.h>

#include "pgtide/way_back.hpp"
#include "plan_fixtures.hpp"

using namespace plan_fixtures;

namespace {

// A log that is written as it happens and read newest first.
struct Log {
  std::vector<LogEntry> entries;

  Log& add(const std::string& run, const std::string& event, const std::string& version,
           const std::string& direction = "up") {
    entries.insert(entries.begin(), {.id = static_cast<std::int64_t>(entries.size()) + 1,
                                     .run_id = run,
                                     .version = version,
                                     .event = event,
                                     .direction = direction});
    return *this;
  }
};

std::string told(const WayBack& way) {
  std::string text = way.version.empty() ? "nothing" : way.version;
  text += " of " + way.origin.run_id;
  if (const auto* exactly = std::get_if<Exactly>(&way.target)) {
    text += ":";
    for (const Version version : exactly->versions) text += " " + version.padded(1);
  }
  switch (way.reason) {
    case WayBackReason::marked_good:
      return "mark " + text;
    case WayBackReason::last_run_start:
      return "start " + text;
    case WayBackReason::last_run:
      break;
  }
  return "run " + text;
}

std::string good(const Log& log, const LedgerSnapshot& ledger) {
  try {
    return told(last_good(log.entries, ledger));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return std::string(error.what()) + " [" + error.hint() + "]";
  }
}

Log two_runs() {
  Log log;
  log.add("a", "applied", "0001").add("a", "applied", "0002");
  log.add("b", "applied", "0003").add("b", "applied", "0004");
  return log;
}

}  // namespace

TEST_CASE("the last mark is the way back, also when later versions were rolled back meanwhile") {
  Log log = two_runs();
  log.add("m", "marked_good", "0002", "").add("m", "marked_good", "0003", "");
  CHECK(good(log, applied_up_to(4)) == "mark 0003 of m");
  log.add("c", "rolled_back", "0004", "down").add("d", "applied", "0004");
  CHECK(good(log, applied_up_to(4)) == "mark 0003 of m");
}

TEST_CASE("a mark counts no more once its version was rolled back or applied anew") {
  Log log = two_runs();
  log.add("m", "marked_good", "0002", "").add("m", "marked_good", "0003", "");
  log.add("c", "rolled_back", "0003", "down");
  CHECK(good(log, applied_up_to(2)) == "mark 0002 of m");
  log.add("d", "applied", "0003");
  CHECK(good(log, applied_up_to(3)) == "mark 0002 of m");
}

TEST_CASE("without a mark the way back leads to where the last successful run started") {
  CHECK(good(two_runs(), applied_up_to(4)) == "start 0002 of b");
  // Doing it twice does no more than once.
  CHECK(good(two_runs().add("c", "rolled_back", "0004", "down"), applied_up_to(2)) ==
        "start 0002 of b");
  CHECK(good(two_runs().add("c", "failed", "0005"), applied_up_to(4)) == "start 0002 of b");
  CHECK(good(two_runs().add("c", "applied", "0005").add("c", "failed", "0006"), applied_up_to(5)) ==
        "start 0002 of b");
  // A rollback that failed makes the run that applied the version no failure.
  CHECK(good(two_runs().add("c", "failed", "0004", "down"), applied_up_to(4)) == "start 0002 of b");
  CHECK(good(Log().add("a", "applied", "0001"), applied_up_to(1)) == "start nothing of a");
}

TEST_CASE("rows that the log knows nothing of were there before the run") {
  // A table that another runner made.
  CHECK(good(Log().add("a", "applied", "0003"), applied_up_to(3)) == "start 0002 of a");
}

TEST_CASE("a run that slipped a version in below others started at no version") {
  Log log;
  log.add("a", "applied", "0001").add("a", "applied", "0003").add("b", "applied", "0002");
  CHECK(good(log, applied_up_to(3)) ==
        "the last successful run applied 0002 (b) below 0003 (c), which was there before: no "
        "version is where it started; nothing was rolled back [`pgtide down 0001` rolls back both "
        "of them]");
}

TEST_CASE("nothing in the log leads back nowhere") {
  for (const Log& log :
       {Log(), Log().add("a", "baselined", "0001"), Log().add("a", "failed", "0001")}) {
    CHECK(good(log, applied_up_to(1)).starts_with("no version is marked good"));
  }
  CHECK_THROWS_AS(last_run({}, applied_up_to(1)), Error);
  CHECK_THROWS_AS(last_run(Log().add("a", "baselined", "0001").entries, applied_up_to(1)), Error);
  CHECK_FALSE(last_run(Log().add("a", "failed", "0001").entries, ledger({})).before);
}

TEST_CASE("the last run is what it applied and what of it is applied still") {
  const auto run = [](const Log& log, const LedgerSnapshot& ledger) {
    return told(last_run(log.entries, ledger));
  };
  CHECK(run(two_runs(), applied_up_to(4)) == "run 0002 of b: 3 4");
  CHECK(run(two_runs().add("c", "rolled_back", "0004", "down"), applied_up_to(3)) ==
        "run 0002 of b: 3");
  CHECK(run(two_runs().add("c", "applied", "0005").add("c", "failed", "0006"), applied_up_to(5)) ==
        "run 0004 of c: 5");
  // It is not the run before, when it is asked for twice.
  CHECK(run(two_runs(), applied_up_to(2)) == "run 0002 of b:");
}

TEST_CASE("a last run that applied nothing leaves the run before it alone") {
  Log log = two_runs();
  log.add("c", "failed", "0005");
  const WayBack way = last_run(log.entries, applied_up_to(4));
  CHECK(told(way) == "run 0004 of c:");
  CHECK(std::get<Exactly>(way.target).why_none == "the last run applied nothing");
  CHECK(way.run.stopped_at == "0005");
  CHECK(way.run.end == RunEnd::failed);
  REQUIRE(way.before);
  CHECK(way.before->applied == Texts{"0003 (c)", "0004 (d)"});
  CHECK(way.before_undone_by == "0002");
  // Rolled back by hand meanwhile: the newest of which something is left.
  log.add("d", "rolled_back", "0004", "down").add("d", "rolled_back", "0003", "down");
  const WayBack later = last_run(log.entries, applied_up_to(2));
  CHECK(later.before->first.run_id == "a");
  CHECK(later.before_undone_by == "0");
}

TEST_CASE("no command undoes the run before alone when others stand above it") {
  Log log;
  log.add("a", "applied", "0001").add("a", "applied", "0003").add("b", "applied", "0002");
  log.add("c", "failed", "0004");
  const WayBack way = last_run(log.entries, applied_up_to(3));
  CHECK(way.before->first.run_id == "b");
  CHECK(way.before_undone_by.empty());
}

TEST_CASE("a run that died is the last run") {
  Log log = two_runs();
  log.add("c", "started", "0005").add("c", "started", "0005");
  LedgerSnapshot half = applied_up_to(5);
  half.rows[4].success = false;
  half.rows[4].progress = Progress{.done = 1, .of = 3};
  const WayBack way = last_run(log.entries, half);
  CHECK(told(way) == "run 0004 of c: 5");
  CHECK(way.run.end == RunEnd::died);
  CHECK(way.run.stopped_at == "0005 (e)");
  const Plan plan = plan_down(five(), half, way.target);
  CHECK(plan.steps.empty());
  CHECK(problems(plan).at(0).starts_with("0005 (e) is half applied (statement 1 of 3)"));
  // Recorded as applied, so that its rollback script undoes what is there.
  log.add("r", "resolved", "0005");
  CHECK(told(last_run(log.entries, applied_up_to(5))) == "run 0004 of c: 5");
  // Another run finished it.
  log.add("d", "applied", "0005");
  CHECK(told(last_run(log.entries, applied_up_to(5))) == "run 0004 of d: 5");
}

TEST_CASE("without a mark, runs that went wrong after the good one are told") {
  Log log = two_runs();
  log.add("c", "applied", "0005").add("c", "failed", "0006").add("d", "started", "0006");
  const WayBack way = last_good(log.entries, applied_up_to(5));
  CHECK(told(way) == "start 0002 of b");
  REQUIRE(way.later.size() == 2);
  CHECK(way.later[0].first.run_id == "d");
  CHECK(way.later[0].end == RunEnd::died);
  CHECK(way.later[0].applied.empty());
  CHECK(way.later[1].end == RunEnd::failed);
  CHECK(way.later[1].applied == Texts{"0005 (e)"});
  CHECK(way.later[1].stopped_at == "0006");
  CHECK(last_good(two_runs().entries, applied_up_to(4)).later.empty());
  // What died is no run that ended well.
  CHECK(good(two_runs().add("c", "applied", "0005").add("c", "started", "0006"),
             applied_up_to(5)) == "start 0002 of b");
}

TEST_CASE("exactly these versions are rolled back, or none") {
  const auto exactly = [](std::vector<std::uint64_t> numbers) {
    Exactly target;
    for (const auto number : numbers) target.versions.emplace_back(number);
    return target;
  };
  CHECK(versions(plan_down(five(), applied_up_to(4), exactly({3, 4}))) == Texts{"0004", "0003"});
  CHECK(versions(plan_down(five(), applied_up_to(2), exactly({1, 2}))) == Texts{"0002", "0001"});
  const Plan nothing = plan_down(five(), applied_up_to(4), exactly({}));
  CHECK(nothing.steps.empty());
  CHECK(nothing.problems.empty());
  CHECK(nothing.notices == Texts{"all of it is rolled back already"});
  const Plan refused = plan_down(five(), applied_up_to(4), exactly({2, 4}));
  CHECK(refused.steps.empty());
  CHECK(problems(refused) == Texts{"0003 (c) is applied above 0002 (b) and does not belong to it "
                                   "[`pgtide down VERSION` rolls back everything above VERSION]"});
  CHECK(problems(up(five(), applied_up_to(4), exactly({5}))).size() == 1);
}

TEST_CASE("without a directory every script comes from the ledger") {
  LedgerSnapshot rows = applied_up_to(3);
  for (LedgerRow& row : rows.rows) row.rollback_stored = true;
  const Plan plan = plan_down(Catalog{}, rows, ToVersion{"1"});
  CHECK(versions(plan) == Texts{"0003", "0002"});
  CHECK(plan.steps[0].origin == ScriptOrigin::ledger);
  CHECK(plan.notices.empty());
  rows.rows[2].rollback_stored = false;
  CHECK(problems(plan_down(Catalog{}, rows, ToVersion{"1"})) ==
        Texts{"the database stores no rollback script of 0003 (c) [with its rollback file in the "
              "migrations directory `pgtide down` can use that: leave --from-ledger out]"});
  CHECK(problems(plan_down(Catalog{}, rows, ToVersion{"9"}))[0].find("9") != std::string::npos);
}
