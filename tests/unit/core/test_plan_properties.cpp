#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "core_fixtures.hpp"
#include "pgtide/plan.hpp"

using namespace pgtide;
using namespace core_fixtures;

namespace {

constexpr int versions = 8;

Catalog full_catalog() {
  std::vector<std::string> names;
  for (int i = 1; i <= versions; ++i)
    names.push_back(Version(static_cast<std::uint64_t>(i)).padded(4) + "_m.sql");
  return catalog_of(names);
}

// Any mix of versions that are unknown to the ledger, applied, failed and rolled back, in any
// spelling.
LedgerSnapshot any_ledger() {
  std::vector<LedgerRow> rows;
  for (int i = 1; i <= versions; ++i) {
    const std::string text =
        Version(static_cast<std::uint64_t>(i)).padded(*rc::gen::inRange<std::size_t>(0, 6));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        rows.push_back(applied_row(text));
        break;
      case 1:
        rows.push_back(failed_row(text));
        break;
      case 2:
        rows.push_back(rolled_back_row(text));
        break;
      default:
        break;
    }
  }
  return ledger(std::move(rows));
}

// What the executor does to the ledger: writes by spelling, as SQL does.
void run(const Plan& plan, LedgerSnapshot& snapshot) {
  std::map<std::string, LedgerRow> by_text;
  for (const LedgerRow& row : snapshot.rows) by_text.emplace(row.version_text, row);
  for (const Step& step : plan.steps) {
    const bool is_up = step.direction == Direction::up;
    by_text.insert_or_assign(step.version_text, is_up ? applied_row(step.version_text)
                                                      : rolled_back_row(step.version_text));
  }
  snapshot.rows.clear();
  for (auto& [text, row] : by_text) snapshot.rows.push_back(row);
  std::sort(snapshot.rows.begin(), snapshot.rows.end(),
            [](const LedgerRow& a, const LedgerRow& b) { return a.version < b.version; });
}

std::vector<Version> applied(const LedgerSnapshot& snapshot) {
  std::vector<Version> out;
  for (const LedgerRow& row : snapshot.rows) {
    if (is_applied(row)) out.push_back(row.version);
  }
  return out;
}

const PlanPolicy allow{.out_of_order = OutOfOrder::allow, .database_ahead = DatabaseAhead::warn};

ToVersion any_version(int lowest) {
  return {std::to_string(*rc::gen::inRange(lowest, versions + 1))};
}

}  // namespace

TEST_CASE("after a run its plan is empty, and no version has two rows") {
  CHECK(rc::check("idempotence", [] {
    const Catalog catalog = full_catalog();
    LedgerSnapshot snapshot = any_ledger();
    const ToVersion target = any_version(1);
    run(plan_up(catalog, snapshot, target, allow), snapshot);
    RC_ASSERT(plan_up(catalog, snapshot, target, allow).steps.empty());
    const ToVersion back = any_version(0);
    run(plan_down(catalog, snapshot, back), snapshot);
    RC_ASSERT(plan_down(catalog, snapshot, back).steps.empty());
    const auto twice = std::adjacent_find(
        snapshot.rows.begin(), snapshot.rows.end(),
        [](const LedgerRow& a, const LedgerRow& b) { return a.version == b.version; });
    RC_ASSERT(twice == snapshot.rows.end());
  }));
}

TEST_CASE("up and then down to where it was leads back to the same state") {
  CHECK(rc::check("there and back", [] {
    const Catalog catalog = full_catalog();
    LedgerSnapshot snapshot;
    run(plan_up(catalog, snapshot, BySteps{*rc::gen::inRange<std::size_t>(1, versions + 1)}, {}),
        snapshot);
    const std::vector<Version> before = applied(snapshot);
    const std::string here = std::to_string(snapshot.current()->number());
    const Plan forward = plan_up(catalog, snapshot, any_version(1), {});
    run(forward, snapshot);
    const Plan back = plan_down(catalog, snapshot, ToVersion{here});
    RC_ASSERT(back.steps.size() == forward.steps.size());
    for (std::size_t i = 0; i < back.steps.size(); ++i)
      RC_ASSERT(back.steps[i].version == forward.steps[forward.steps.size() - 1 - i].version);
    run(back, snapshot);
    RC_ASSERT(applied(snapshot) == before);
    run(plan_up(catalog, snapshot, ToNewest{}, {}), snapshot);
    RC_ASSERT(applied(snapshot).size() == versions);
  }));
}

TEST_CASE("steps are in order, never applied twice and never beyond the target") {
  CHECK(rc::check("shape of a plan", [] {
    const Catalog catalog = full_catalog();
    const LedgerSnapshot snapshot = any_ledger();
    const ToVersion target = any_version(1);
    const Version limit = *Version::parse(target.text);
    const auto by_version = [](const Step& a, const Step& b) { return a.version < b.version; };
    const Plan forward = plan_up(catalog, snapshot, target, allow);
    RC_ASSERT(std::is_sorted(forward.steps.begin(), forward.steps.end(), by_version));
    for (const Step& step : forward.steps) {
      const LedgerRow* row = snapshot.find(step.version);
      RC_ASSERT(step.version <= limit);
      RC_ASSERT((row == nullptr || !is_applied(*row)));
    }
    const Plan back = plan_down(catalog, snapshot, target);
    RC_ASSERT(std::is_sorted(back.steps.rbegin(), back.steps.rend(), by_version));
    for (const Step& step : back.steps) {
      RC_ASSERT(step.version > limit);
      RC_ASSERT(is_applied(*snapshot.find(step.version)));
    }
  }));
}
