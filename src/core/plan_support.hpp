// What planning forward and planning back have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/plan.hpp"

namespace pgtide {

// How a version is called in messages: `0006 (add_x)`.
std::string labelled(const VersionStatus& status);

const VersionStatus* find(const std::vector<VersionStatus>& all, Version version);
// The newest that is applied now, or null.
const VersionStatus* newest_applied(const std::vector<VersionStatus>& all);

bool is_applied(const VersionStatus& status);

// A plan without steps: counts, and the ledger's own problems.
Plan empty_plan(Direction direction, const LedgerSnapshot& ledger);

// A step for `status`; origin and paths are left to the caller.
Step step_for(const VersionStatus& status, Direction direction);

// `statement 3 of 7`
std::string progress_text(const Progress& progress);

// What to do about a script that stopped nobody knows where.
std::string way_out_of_journal(const std::string& version_text);
// A step that would have to go on where an unreadable journal row says.
void refuse_unreadable_journal(Plan& plan, const VersionStatus& status);

void add_problem(Plan& plan, std::string message, std::string hint, std::string file = {});

// Reads what the user typed as a version. nullopt after adding the problem: no text, no digits, too
// long, or a number of which neither directory nor ledger knows anything. `0` is none either.
std::optional<Version> known_version(const std::string& text, const Catalog& catalog,
                                     const std::vector<VersionStatus>& all, Plan& plan);

}  // namespace pgtide
