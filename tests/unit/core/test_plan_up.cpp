#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plan_fixtures.hpp"

using namespace plan_fixtures;

TEST_CASE("up takes everything that is pending, ascending") {
  const Plan plan = up(five(), applied_up_to(2));
  CHECK(versions(plan) == Texts{"0003", "0004", "0005"});
  CHECK(plan.applied == 2);
  CHECK(plan.current == Version(2));
  CHECK(plan.notices.empty());
  const Step& step = plan.steps[0];
  CHECK(step.direction == Direction::up);
  CHECK(step.name == "c");
  CHECK(step.origin == ScriptOrigin::file);
  CHECK(step.path == "migrations/sql/0003_c.sql");
  CHECK(step.rollback_path == "migrations/rollback/0003_rollback.sql");
  CHECK(versions(up(five(), {})).size() == 5);
  CHECK(up(five(), applied_up_to(5)).steps.empty());
}

TEST_CASE("up to a version or by steps stops there, however the version is written") {
  CHECK(versions(up(five(), applied_up_to(2), ToVersion{"4"})) == Texts{"0003", "0004"});
  CHECK(versions(up(five(), applied_up_to(2), ToVersion{"00004"})) == Texts{"0003", "0004"});
  CHECK(versions(up(five(), applied_up_to(2), BySteps{1})) == Texts{"0003"});
  CHECK(versions(up(five(), applied_up_to(2), BySteps{9})).size() == 3);
  CHECK(problems(up(five(), {}, BySteps{0})) == Texts{"the number of steps is 0 [give 1 or more]"});
}

TEST_CASE("a version that does not exist is answered with the nearest ones") {
  const Catalog catalog = catalog_of({"0003_a.sql", "0006_add_x.sql", "0009_add_y.sql"});
  const auto answer = [&](const std::string& text) {
    const Plan plan = up(catalog, {}, ToVersion{text});
    CHECK(plan.steps.empty());
    REQUIRE(plan.problems.size() == 1);
    return plan.problems[0].message;
  };
  CHECK(answer("7") == "there is no migration 0007; the nearest are 0006 (add_x) and 0009 (add_y)");
  CHECK(answer("10") == "there is no migration 0010; the nearest is 0009 (add_y)");
  CHECK(answer("0") == "there is no migration 0; the nearest is 0003 (a)");
  CHECK(answer("abc") == "`abc` is not a version");
  CHECK(answer("-1") == "`-1` is not a version");
  CHECK(answer("1234567890123456789") == "a version has at most 18 digits, 19 are given");
  CHECK(answer("") == "no version is given");
  CHECK(up(catalog_of({}), {}, ToVersion{"7"}).problems[0].message ==
        "there is no migration 0007; migrations has none");
}

TEST_CASE("who types a name or a file name is told its version") {
  const Catalog catalog = catalog_of({"0006_add_x.sql", "0009_drop_table.sql"});
  const auto hint = [&](const std::string& text) {
    return up(catalog, {}, ToVersion{text}).problems.at(0).hint;
  };
  CHECK(hint("0009_drop_table.sql") == "did you mean 0009 (drop_table)?");
  CHECK(hint("drop-tabel") == "did you mean 0009 (drop_table)?");
  CHECK(hint("newest") == "a version is a number such as 0005; `pgtide status` lists them");
}

TEST_CASE("up to a version that is applied already does nothing and says so") {
  const Plan below = up(five(), applied_up_to(5), ToVersion{"3"});
  CHECK(below.steps.empty());
  CHECK(below.problems.empty());
  CHECK(below.notices == Texts{"0003 is already applied; the database is at 0005"});
  CHECK(up(five(), applied_up_to(4), ToVersion{"4"}).notices == Texts{"0004 is already applied"});
}

TEST_CASE("what was rolled back or failed is applied again, and its row keeps its spelling") {
  const Plan plan = up(
      five(),
      ledger({applied_row("0001"), applied_row("0002"), applied_row("0003"), rolled_back_row("4")}),
      ToVersion{"0004"});
  CHECK(versions(plan) == Texts{"4"});
  CHECK(plan.steps[0].name == "d");
  CHECK(plan.notices.empty());
  CHECK(versions(up(five(), ledger({failed_row("0001")}), BySteps{2})) == Texts{"0001", "0002"});
}

TEST_CASE("applying again below an applied version is worth a notice, not a refusal") {
  const Plan plan =
      up(five(), ledger({rolled_back_row("0001"), failed_row("0002"), applied_row("0003"),
                         applied_row("0004"), applied_row("0005")}));
  CHECK(versions(plan) == Texts{"0001", "0002"});
  CHECK(plan.problems.empty());
  CHECK(
      plan.notices ==
      Texts{"0001 (a) was rolled back and is applied again, although the newer 0005 (e) is applied",
            "0002 (b) failed and is applied again, although the newer 0005 (e) is applied"});
}

TEST_CASE("a pending version below an applied one is refused with both named") {
  const LedgerSnapshot rows = ledger({applied_row("0001"), applied_row("0004")});
  const Plan refused = up(five(), rows);
  CHECK(refused.steps.empty());
  const std::string hint =
      " [give it a number above the newest, or apply it as it is with --allow-out-of-order]";
  CHECK(problems(refused) ==
        Texts{"migrations/sql/0002_b.sql: 0002 (b) is pending, but the newer 0004 (d) is applied" +
                  hint,
              "migrations/sql/0003_c.sql: 0003 (c) is pending, but the newer 0004 (d) is applied" +
                  hint});
  const Plan allowed = up(five(), rows, ToNewest{}, allow_out_of_order);
  CHECK(versions(allowed) == Texts{"0002", "0003", "0005"});
  CHECK(allowed.notices.size() == 2);
  CHECK(problems(up(five(), rows, BySteps{1})).size() == 1);
}

TEST_CASE("changed files stop up, all of them, also when nothing is pending") {
  Catalog catalog = five();
  LedgerSnapshot rows = applied_up_to(5);
  for (const std::size_t i : {1U, 3U}) {
    catalog.migrations[i].forward_checksum = checksum_of("new");
    rows.rows[i].checksum = sha256_hex("old");
  }
  const std::string hint =
      " [restore the file; `pgtide repair` records the file as it is, but does not run it]";
  CHECK(problems(up(catalog, rows)) ==
        Texts{"migrations/sql/0002_b.sql: 0002 (b) has changed since it was applied" + hint,
              "migrations/sql/0004_d.sql: 0004 (d) has changed since it was applied" + hint});
}

TEST_CASE("the newest version can run again when its file has changed") {
  for (const auto& [applied, below] : {std::pair{3U, "0002"}, {1U, "0"}}) {
    Catalog catalog = five();
    LedgerSnapshot rows = applied_up_to(applied);
    catalog.migrations[applied - 1].forward_checksum = checksum_of("new");
    rows.rows[applied - 1].checksum = sha256_hex("old");
    const Texts found = problems(up(catalog, rows));
    REQUIRE(found.size() == 1);
    CHECK(found[0].ends_with(fmt::format(
        "[restore the file; to run it as it is now: `pgtide down {}`, then `pgtide up`; "
        "`pgtide repair` records the file as it is, but does not run it]",
        below)));
  }
}

TEST_CASE("a database ahead of the directory is a notice or, by policy, a problem") {
  const Catalog catalog = catalog_of({"0001_a.sql", "0002_b.sql"});
  const std::string ahead =
      "the database is ahead of migrations: 0003 (c) and 0004 (d) are applied, but have no file "
      "here";
  const Plan warned = up(catalog, applied_up_to(4));
  CHECK(warned.problems.empty());
  CHECK(warned.notices == Texts{ahead});
  const Plan refused = up(catalog, applied_up_to(4), ToNewest{}, refuse_ahead);
  REQUIRE(refused.problems.size() == 1);
  CHECK(refused.problems[0].message == ahead);
  CHECK(up(catalog_of({}), applied_up_to(1)).notices ==
        Texts{"the database is ahead of migrations: 0001 (a) is applied, but has no file here"});
  CHECK(up(catalog_of({}), applied_up_to(8)).notices[0].find("0005 (e) and 3 more are applied") !=
        std::string::npos);
}

TEST_CASE("what stopped half way and has no file is told, or refused by policy") {
  LedgerSnapshot rows = applied_up_to(3);
  rows.rows[2].success = false;
  rows.rows[2].progress = Progress{.done = 1, .of = 3};
  const std::string stopped =
      "0003 (c) stopped half way (statement 1 of 3), and its file is missing in migrations";
  const std::string hint =
      "the deployment that has the file finishes it with `pgtide up 0003`; or undo by hand what is "
      "there, and record that with `pgtide resolve --rolled-back 0003`";
  const Catalog older = catalog_of({"0001_a.sql", "0002_b.sql"});
  const Plan warned = up(older, rows);
  CHECK(warned.problems.empty());
  CHECK(warned.notices == Texts{stopped + "; " + hint});
  CHECK(problems(up(older, rows, ToNewest{}, refuse_ahead)) == Texts{stopped + " [" + hint + "]"});
  // Between files it is no older deployment, but a file that got lost.
  const Catalog hole = catalog_of({"0001_a.sql", "0002_b.sql", "0004_d.sql"});
  CHECK(problems(up(hole, rows)) == Texts{stopped + " [" + hint + "]"});
  CHECK(up(five(), rows).notices.empty());
}

TEST_CASE("what is pending below a database that is ahead is out of order") {
  const Catalog catalog = catalog_of({"0001_a.sql", "0002_b.sql"});
  const LedgerSnapshot rows = ledger({applied_row("0001"), applied_row("0009", "far")});
  CHECK(up(catalog, rows).problems.at(0).message ==
        "0002 (b) is pending, but the newer 0009 (far) is applied");
  CHECK(versions(up(catalog, rows, ToNewest{}, allow_out_of_order)) == Texts{"0002"});
}

TEST_CASE("a missing file between existing ones or below them is a problem") {
  const Catalog catalog = catalog_of({"0002_b.sql", "0004_d.sql"});
  CHECK(
      problems(up(catalog, applied_up_to(3))) ==
      Texts{"0001 (a) is applied, but its file is missing [restore migrations/sql/0001_a.sql from "
            "version control]",
            "0003 (c) is applied, but its file is missing [restore migrations/sql/0003_c.sql from "
            "version control]"});
}

TEST_CASE("a version that only the ledger knows") {
  const Catalog catalog = catalog_of({"0001_a.sql"});
  const Plan applied = up(catalog, applied_up_to(3), ToVersion{"2"});
  CHECK(applied.problems.empty());
  CHECK(applied.notices[0] == "0002 is already applied; the database is at 0003");
  CHECK(
      problems(
          up(catalog, ledger({applied_row("0001"), rolled_back_row("0002")}), ToVersion{"2"})) ==
      Texts{"0002 has no file any more [restore its file in migrations/sql from version control]"});
  // Without a file there is nothing to run again.
  CHECK(up(catalog, ledger({applied_row("0001"), failed_row("0002")})).steps.empty());
}
