#include <doctest/doctest.h>

#include "samples.hpp"

namespace pgtide::render {
namespace {

TEST_CASE("durations") {
  CHECK(duration_text(0) == "0 ms");
  CHECK(duration_text(999) == "999 ms");
  CHECK(duration_text(1000) == "1.00 s");
  CHECK(duration_text(1240) == "1.24 s");
  CHECK(duration_text(59'999) == "59.99 s");
  CHECK(duration_text(60'000) == "1 min 00 s");
  CHECK(duration_text(125'900) == "2 min 05 s");
  CHECK(duration_text(3'599'999) == "59 min 59 s");
  CHECK(duration_text(3'720'000) == "1 h 02 min");
  CHECK(duration_text(-5) == "0 ms");
}

TEST_CASE("finished steps are aligned") {
  const auto text = [](StepOutcome outcome, Direction direction, Finish finish) {
    StepReport step = sample_with(outcome, 4, "add_users", direction);
    step.duration_ms = outcome == StepOutcome::done ? 12 : 0;
    step.tallies =
        outcome == StepOutcome::done ? std::vector<Tally>{{"INSERT", 1, 1}} : std::vector<Tally>{};
    return step_text(step, finish, plain());
  };
  using enum StepOutcome;
  const auto each = Finish::commit_each;
  CHECK(text(done, Direction::up, each) == "applied      0004 add_users (12 ms)\n");
  CHECK(text(done, Direction::down, each) == "rolled back  0004 add_users (12 ms)\n");
  CHECK(text(failed, Direction::up, each) == "failed       0004 add_users (0 ms)\n");
  CHECK(text(undone, Direction::up, Finish::commit_all) == "undone       0004 add_users (0 ms)\n");
  CHECK(text(not_run, Direction::up, each) == "not run      0004 add_users\n");
  const auto dry = Finish::roll_back;
  CHECK(text(done, Direction::up, dry) ==
        "would apply    0004 add_users (12 ms)\n    INSERT 1 (1 row)\n");
  CHECK(text(done, Direction::down, dry) ==
        "would roll back  0004 add_users (12 ms)\n    INSERT 1 (1 row)\n");
  CHECK(text(failed, Direction::up, dry) == "failed         0004 add_users (0 ms)\n");
  CHECK(text(failed, Direction::down, dry) == "failed           0004 add_users (0 ms)\n");
  CHECK(text(not_simulable, Direction::up, dry) == "not simulable  0004 add_users\n");
}

TEST_CASE("a dry run tells what each kind of statement touched") {
  StepReport step = sample_done(4, "add_users");
  step.tallies = {{"CREATE TABLE", 2, 0}, {"INSERT", 3, 120}, {"UPDATE", 1, 0},
                  {"CREATE INDEX", 1, 0}, {"SELECT", 1, 1},   {"", 1, 0}};
  CHECK(step_text(step, Finish::roll_back, plain(60)) ==
        "would apply    0004 add_users (12 ms)\n"
        "    CREATE TABLE 2, INSERT 3 (120 rows), UPDATE 1 (0 rows),\n"
        "    CREATE INDEX 1, SELECT 1 (1 row), other 1\n");
  step.tallies.clear();
  CHECK(step_text(step, Finish::roll_back, plain()) ==
        "would apply    0004 add_users (12 ms)\n    no statements\n");
}

TEST_CASE("what a dry run cannot tell comes with its reasons") {
  StepReport step = sample_with(StepOutcome::not_simulable, 9, "add_index");
  step.not_simulable = {{.where = {"migrations/sql/0009_add_index.sql", 3, 1},
                         .message = "CREATE INDEX CONCURRENTLY cannot run inside a transaction"}};
  CHECK(step_text(step, Finish::roll_back, plain()) ==
        "not simulable  0009 add_index\n"
        "    migrations/sql/0009_add_index.sql:3:1: CREATE INDEX CONCURRENTLY cannot run inside a "
        "transaction\n");
}

TEST_CASE("the live line fits the terminal") {
  const Step step = sample_step(4, "add_users");
  CHECK(live_text(step, 2, 12, 2430, plain()) == "[3/12] 0004 add_users 2.4 s");
  CHECK(live_text(step, 2, 12, 125'000, plain()) == "[3/12] 0004 add_users 2 min 05 s");
  CHECK(live_text(step, 2, 12, 2430, plain(27)) == "[3/12] 0004 add_users 2.4 s");
  CHECK(live_text(step, 2, 12, 2430, plain(25)) == "[3/12] 0004 add_... 2.4 s");
  CHECK(live_text(step, 2, 12, 2430, plain(20)) == "[3/12] 0004 2.4 s");
  CHECK(live_text(step, 2, 12, 2430, plain(10)) == "[3/12] ...");
}

TEST_CASE("down says first what it will roll back") {
  Plan plan;
  plan.direction = Direction::down;
  plan.applied_versions = {Version(1), Version(2), Version(3), Version(4)};
  plan.steps = {sample_step(4, "add_tags", Direction::down),
                sample_step(3, "add_orders", Direction::down)};
  plan.steps[0].origin = ScriptOrigin::ledger;
  CHECK(plan_text(plan, plain()) ==
        "will roll back 2 migrations, newest first:\n"
        "  0004 add_tags (the script stored in the database is used)\n"
        "  0003 add_orders\n"
        "the database will be at 0002\n");
  plan.applied_versions = {Version(4)};
  plan.steps.pop_back();
  CHECK(plan_text(plan, plain()) ==
        "will roll back 1 migration:\n"
        "  0004 add_tags (the script stored in the database is used)\n"
        "no migration will be left\n");
  plan.steps.clear();
  CHECK(plan_text(plan, plain()) == "nothing to roll back\n");
}

TEST_CASE("up has a plan to show, too") {
  Plan plan;
  plan.steps = {sample_step(1, "a"), sample_step(2, "b")};
  CHECK(plan_text(plan, plain()) ==
        "will apply 2 migrations:\n  0001 a\n  0002 b\nthe database will be at 0002\n");
}

TEST_CASE("a plan of a dry run promises nothing") {
  Plan plan;
  plan.direction = Direction::down;
  plan.applied_versions = {Version(1), Version(2)};
  plan.steps = {sample_step(2, "b", Direction::down)};
  CHECK(plan_text(plan, plain(), Finish::roll_back) ==
        "would roll back 1 migration:\n  0002 b\nthe database would be at 0001\n");
}

TEST_CASE("what an operator recorded") {
  const Step first = sample_step(1, "a");
  const std::vector<Step> both = {first, sample_step(2, "b")};
  CHECK(recorded_text({}, "repaired", plain()) == "nothing was repaired\n");
  CHECK(recorded_text({first}, "repaired", plain()) == "0001 a repaired\n");
  CHECK(recorded_text(both, "baselined", plain()) ==
        "2 migrations baselined:\n  0001 a\n  0002 b\n");
  CHECK(recorded_text({first}, "changed", colored()) == "0001 a \x1b[33mchanged\x1b[0m\n");
}

TEST_CASE("who holds the lock") {
  CHECK(lock_text({.pid = 4711,
                   .application = "pgtide",
                   .user = "deploy",
                   .client = "10.0.0.7",
                   .state = "idle",
                   .age = "00:01:12",
                   .query = "SELECT 1\n  FROM x\x1b[2J"},
                  5000, 60'000, plain()) ==
        "waiting for another run (at most 55.0 s more): pid 4711, pgtide, user deploy, from "
        "10.0.0.7, for 00:01:12, idle\n"
        "  query: SELECT 1 FROM x\\x1b[2J\n");
  CHECK(lock_text({.pid = 4711}, 0, 60'000, plain()) ==
        "waiting for another run (at most 1 min 00 s more): pid 4711\n");
}

}  // namespace
}  // namespace pgtide::render
