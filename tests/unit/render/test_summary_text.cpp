#include <doctest/doctest.h>

#include "samples.hpp"

namespace pgtide::render {
namespace {

using enum StepOutcome;

std::vector<StepReport> three_done(Direction direction) {
  if (direction == Direction::up) {
    return {sample_done(1, "a"), sample_done(2, "b"), sample_done(3, "c")};
  }
  return {sample_done(6, "f", direction), sample_done(5, "e", direction),
          sample_done(4, "d", direction)};
}

Report broken(Finish finish, StepOutcome before) {
  Report report =
      sample_report(finish, {sample_with(before, 2, "b"), sample_with(before, 3, "c"),
                             sample_with(failed, 4, "add_tags"), sample_with(not_run, 5, "e")});
  report.failure = sample_failure(2);
  report.current = Version(before == done && finish == Finish::commit_each ? 3 : 1);
  return report;
}

Report interrupted(Report report) {
  report.failure->kind = FailureKind::interrupted;
  report.failure->signal = 2;
  return report;
}

TEST_CASE("a run that did all it had to do") {
  Report report = sample_report(Finish::commit_each, three_done(Direction::up));
  report.current = Version(3);
  CHECK(summary_text(report, plain()) ==
        "applied 3 migrations in 1.24 s; the database is at 0003\n");
  report.finish = Finish::commit_all;
  CHECK(summary_text(report, plain()) ==
        "applied 3 migrations in one transaction in 1.24 s; the database is at 0003\n");
  report = sample_report(Finish::commit_each, three_done(Direction::down));
  CHECK(summary_text(report, plain()) ==
        "rolled back 3 migrations in 1.24 s; no migration is applied\n");
  report.current = Version(3);
  CHECK(summary_text(report, colored()) ==
        "\x1b[32mrolled back 3 migrations\x1b[0m in 1.24 s; the database is at 0003\n");
}

TEST_CASE("nothing to do") {
  Report report = sample_report(Finish::commit_each, {});
  CHECK(summary_text(report, plain()) == "nothing to do; no migration is applied\n");
  report.current = Version(15);
  CHECK(summary_text(report, plain()) == "nothing to do; the database is at 0015\n");
  report.current = Version(20260115102233);
  CHECK(summary_text(report, plain()) == "nothing to do; the database is at 20260115102233\n");
}

TEST_CASE("a dry run ends by saying that nothing was committed") {
  Report report = sample_report(Finish::roll_back, three_done(Direction::up));
  report.current = Version(3);
  CHECK(summary_text(report, plain()) ==
        "would apply 3 migrations (1.24 s); the database would be at 0003\n"
        "nothing was committed: a dry run ends with a rollback\n");
  report = sample_report(Finish::roll_back, three_done(Direction::down));
  CHECK(summary_text(report, plain()) ==
        "would roll back 3 migrations (1.24 s); no migration would be left\n"
        "nothing was committed: a dry run ends with a rollback\n");
}

TEST_CASE("a dry run that could not try everything is no success") {
  Report report = sample_report(Finish::roll_back,
                                {sample_done(1, "a"), sample_with(not_simulable, 2, "b"),
                                 sample_with(not_simulable, 3, "c"), sample_with(not_run, 4, "d")});
  CHECK(summary_text(report, plain()) ==
        "would apply 1, 2 not simulable (0002, 0003), 1 not run (1.24 s)\n"
        "what is not simulable was not tried: this dry run does not show whether it works\n"
        "nothing was committed: a dry run ends with a rollback\n");
}

TEST_CASE("a failure says what happened before it") {
  Report report = broken(Finish::commit_each, done);
  CHECK(summary_text(report, plain()) ==
        "applied 2, failed 0004, 1 not run; the database is at 0003\n"
        "the failure of 0004 is recorded in the ledger\n");
  report.failure->recorded = false;
  CHECK(summary_text(report, plain()) ==
        "applied 2, failed 0004, 1 not run; the database is at 0003\n"
        "the failure of 0004 is not recorded in the ledger\n");
}

TEST_CASE("a rollback that fails") {
  Report report = sample_report(
      Finish::commit_each,
      {sample_done(6, "f", Direction::down), sample_with(failed, 5, "e", Direction::down)});
  report.failure = sample_failure(1);
  report.current = Version(5);
  CHECK(summary_text(report, plain()) ==
        "rolled back 1, failed 0005; the database is at 0005\n"
        "the failure of 0005 is recorded in the ledger\n");
}

TEST_CASE("a failed single transaction applied nothing") {
  CHECK(summary_text(broken(Finish::commit_all, undone), plain()) ==
        "failed 0004, 2 undone, 1 not run\n"
        "nothing was applied: the run was one transaction; the database is at 0001\n"
        "the failure of 0004 is recorded in the ledger\n");
}

TEST_CASE("a single transaction that fails at its COMMIT") {
  Report report =
      sample_report(Finish::commit_all, {sample_with(undone, 1, "a"), sample_with(undone, 2, "b")});
  report.failure = Failure{.step = 2, .message = "at the end of the transaction: no"};
  CHECK(summary_text(report, plain()) ==
        "2 undone\n"
        "nothing was applied: the run was one transaction; no migration is applied\n");
}

TEST_CASE("a failed dry run") {
  CHECK(summary_text(broken(Finish::roll_back, done), plain()) ==
        "would apply 2, failed 0004, 1 not run\n"
        "nothing was committed: a dry run ends with a rollback; the database is at 0001\n");
}

TEST_CASE("a run that somebody stopped") {
  CHECK(summary_text(interrupted(broken(Finish::commit_each, done)), plain()) ==
        "stopped by SIGINT: applied 2, interrupted 0004, 1 not run; the database is at 0003\n"
        "the interruption of 0004 is recorded in the ledger\n");
  Report between =
      sample_report(Finish::commit_each, {sample_done(1, "a"), sample_with(not_run, 2, "b")});
  between.failure = Failure{.kind = FailureKind::interrupted, .step = 1, .signal = 15};
  between.current = Version(1);
  CHECK(summary_text(between, colored()) ==
        "\x1b[33mstopped by SIGTERM: applied 1, 1 not run\x1b[0m; the database is at 0001\n");
  CHECK(summary_text(interrupted(broken(Finish::roll_back, done)), plain()) ==
        "stopped by SIGINT: would apply 2, interrupted 0004, 1 not run\n"
        "nothing was committed: a dry run ends with a rollback; the database is at 0001\n");
  CHECK(summary_text(interrupted(broken(Finish::commit_all, undone)), plain()) ==
        "stopped by SIGINT: interrupted 0004, 2 undone, 1 not run\n"
        "nothing was applied: the run was one transaction; the database is at 0001\n"
        "the interruption of 0004 is recorded in the ledger\n");
}

TEST_CASE("versions keep the digits of their files") {
  StepReport step = sample_done(7, "g");
  step.step.version_text = "007";
  Report report = sample_report(Finish::commit_each, {step});
  report.current = Version(7);
  CHECK(summary_text(report, plain()) == "applied 1 migration in 1.24 s; the database is at 007\n");
  report.current = Version(5);
  CHECK(summary_text(report, plain()) == "applied 1 migration in 1.24 s; the database is at 005\n");
}

}  // namespace
}  // namespace pgtide::render
