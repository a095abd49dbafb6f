#include <doctest/doctest.h>

#include "plan_fixtures.hpp"

using namespace plan_fixtures;

TEST_CASE("down takes every applied version above the target, newest first") {
  const Plan plan = plan_down(five(), applied_up_to(4), ToVersion{"2"});
  CHECK(versions(plan) == Texts{"0004", "0003"});
  CHECK(plan.direction == Direction::down);
  CHECK(plan.steps[0].direction == Direction::down);
  CHECK(plan.steps[0].path == "migrations/rollback/0004_rollback.sql");
  CHECK(plan.steps[0].rollback_path.empty());
  for (const Target& all : {Target(ToEmpty{}), Target(ToVersion{"0"}), Target(ToVersion{"0000"})})
    CHECK(versions(plan_down(five(), applied_up_to(4), all)).size() == 4);
  CHECK(versions(plan_down(five(), applied_up_to(4), BySteps{3})) == Texts{"0004", "0003", "0002"});
  CHECK(versions(plan_down(five(), applied_up_to(4), BySteps{9})).size() == 4);
}

TEST_CASE("down passes over what is not applied, but not over what is changed or missing") {
  Catalog catalog = catalog_of({"0001_a.sql", "0002_b.sql", "0003_c.sql", "0004_d.sql"});
  catalog.migrations[0].forward_checksum = checksum_of("new");
  LedgerSnapshot rows = ledger({applied_row("1"), rolled_back_row("0002"), failed_row("0003"),
                                applied_row("0004"), applied_row("0005", "gone")});
  rows.rows[0].checksum = sha256_hex("old");
  rows.rows[4].rollback_stored = true;
  const Plan plan = plan_down(catalog, rows, ToEmpty{});
  CHECK(plan.problems.empty());
  CHECK(versions(plan) == Texts{"0005", "0004", "1"});
  CHECK(plan.steps[0].origin == ScriptOrigin::ledger);
  CHECK(plan.steps[0].name == "gone");
  CHECK(plan.steps[0].path == "stored rollback of 0005");
  CHECK(plan.notices ==
        Texts{"0005 (gone) has no rollback file; the script that the database stores is used"});
}

TEST_CASE("down without a version is refused with what it may have meant") {
  CHECK(problems(plan_down(five(), applied_up_to(4), ToVersion{""})) ==
        Texts{"no version is given [the database is at 0004 (d), the version before is 0003 (c)]"});
  CHECK(problems(plan_down(five(), applied_up_to(1), ToVersion{" "})) ==
        Texts{"no version is given [the database is at 0001 (a)]"});
  CHECK(problems(plan_down(five(), {}, ToVersion{""})) ==
        Texts{"no version is given [nothing is applied; `pgtide status` lists the versions]"});
  CHECK(plan_down(five(), applied_up_to(4), ToNewest{}).problems.size() == 1);
  CHECK(plan_down(five(), applied_up_to(4), ToVersion{"9"}).problems.at(0).message ==
        "there is no migration 0009; the nearest is 0005 (e)");
  CHECK(plan_down(five(), applied_up_to(4), BySteps{0}).problems.size() == 1);
}

TEST_CASE("down without a way back lists every such version and does nothing") {
  const Catalog catalog = catalog_from({"0001_a.sql", "0002_b.sql"}, {"0002_rollback.sql"});
  const Plan plan = plan_down(catalog, applied_up_to(3), ToEmpty{});
  CHECK(plan.steps.empty());
  CHECK(problems(plan) ==
        Texts{"0003 (c) has no rollback script [restore its forward script and "
              "migrations/rollback/0003_rollback.sql from version control]",
              "0001 (a) has no rollback script [write migrations/rollback/0001_rollback.sql]"});
}

TEST_CASE("down with nothing above the target says where the database is") {
  const auto notices = [&](int newest, const char* target) {
    const Plan plan = plan_down(five(), applied_up_to(newest), ToVersion{target});
    CHECK(plan.steps.empty());
    CHECK(plan.problems.empty());
    return plan.notices;
  };
  CHECK(notices(3, "3") == Texts{"the database is at 0003 already"});
  CHECK(notices(3, "5") == Texts{"nothing above 0005 is applied; the database is at 0003"});
  CHECK(notices(0, "5") == Texts{"nothing is applied"});
  CHECK(notices(0, "0") == Texts{"nothing is applied"});
  const Plan gap =
      plan_down(five(), ledger({applied_row("0001"), applied_row("0004")}), ToVersion{"3"});
  CHECK(versions(gap) == Texts{"0004"});
  CHECK(gap.notices == Texts{"0003 (c) itself is not applied"});
}

TEST_CASE("the ledger's own problems come first in either direction and stop everything") {
  LedgerSnapshot rows = applied_up_to(2);
  Problem twice;
  twice.message = "version 5 is written as 5 and 0005";
  rows.problems.push_back(twice);
  const Plan forward = up(five(), rows, ToVersion{"77"});
  REQUIRE(forward.problems.size() == 2);
  CHECK(forward.problems[0] == rows.problems[0]);
  CHECK(forward.steps.empty());
  const Plan back = plan_down(five(), rows, ToEmpty{});
  CHECK(back.problems == rows.problems);
  CHECK(back.steps.empty());
}

TEST_CASE("a plan knows where the database stands after each of its steps") {
  const Plan back =
      plan_down(five(), ledger({applied_row("0001"), applied_row("0004")}), ToEmpty{});
  CHECK(back.current_after(0) == Version(4));
  CHECK(back.current_after(1) == Version(1));
  CHECK(back.current_after(2) == std::nullopt);
  const Plan forward = up(five(), ledger({applied_row("0001"), applied_row("0004")}), ToNewest{},
                          allow_out_of_order);
  CHECK(versions(forward) == Texts{"0002", "0003", "0005"});
  CHECK(forward.current_after(2) == Version(4));
  CHECK(forward.current_after(3) == Version(5));
}
