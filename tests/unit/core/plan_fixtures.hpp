// Short ways to make plans and to read them.
#pragma once

#include <string>
#include <vector>

#include "core_fixtures.hpp"
#include "pgtide/plan.hpp"

namespace plan_fixtures {

using namespace pgtide;
using namespace core_fixtures;

using Texts = std::vector<std::string>;

inline Texts versions(const Plan& plan) {
  Texts out;
  for (const Step& step : plan.steps) out.push_back(step.version_text);
  return out;
}

// `message [hint]`, with `file: ` before it when there is one.
inline Texts problems(const Plan& plan) {
  Texts out;
  for (const Problem& problem : plan.problems)
    out.push_back((problem.where.file.empty() ? "" : problem.where.file + ": ") + problem.message +
                  " [" + problem.hint + "]");
  return out;
}

inline Plan up(const Catalog& catalog, const LedgerSnapshot& rows,
               const Target& target = ToNewest{}, const PlanPolicy& policy = {}) {
  return plan_up(catalog, rows, target, policy);
}

inline Catalog five() {
  return catalog_of({"0001_a.sql", "0002_b.sql", "0003_c.sql", "0004_d.sql", "0005_e.sql"});
}

inline LedgerSnapshot applied_up_to(int newest) {
  std::vector<LedgerRow> rows;
  for (int i = 1; i <= newest; ++i)
    rows.push_back(applied_row("000" + std::to_string(i), std::string(1, "abcdefgh"[i - 1])));
  return ledger(std::move(rows));
}

inline constexpr PlanPolicy allow_out_of_order{.out_of_order = OutOfOrder::allow,
                                               .database_ahead = DatabaseAhead::warn};
inline constexpr PlanPolicy refuse_ahead{.out_of_order = OutOfOrder::refuse,
                                         .database_ahead = DatabaseAhead::error};

}  // namespace plan_fixtures
