#include "plan_support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "file_name.hpp"
#include "pgtide/nearest.hpp"
#include "wording.hpp"

namespace pgtide {
namespace {

// The version that somebody who typed a name or a file name means.
const VersionStatus* meant_by(const std::string& text, const std::vector<VersionStatus>& all) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (const auto version = Version::parse(std::string_view(text).substr(0, digits)))
    return find(all, *version);
  std::vector<std::string> names;
  for (const VersionStatus& status : all) names.push_back(status.name);
  const std::string name = nearest(text, names);
  const auto named = std::find_if(all.begin(), all.end(),
                                  [&](const VersionStatus& status) { return status.name == name; });
  return name.empty() || named == all.end() ? nullptr : &*named;
}

std::string hint_for_text(const std::string& text, const std::vector<VersionStatus>& all) {
  if (const VersionStatus* meant = meant_by(text, all))
    return fmt::format("did you mean {}?", labelled(*meant));
  return "a version is a number such as 0005; `pgtide status` lists them";
}

std::string nearest_versions(Version version, const Catalog& catalog,
                             const std::vector<VersionStatus>& all) {
  const auto above = std::lower_bound(
      all.begin(), all.end(), version,
      [](const VersionStatus& status, const Version& wanted) { return status.version < wanted; });
  std::vector<std::string> near;
  if (above != all.begin()) near.push_back(labelled(*(above - 1)));
  if (above != all.end()) near.push_back(labelled(*above));
  if (near.empty()) {
    return fmt::format("{} has none", catalog.directory.empty() ? "the ledger" : catalog.directory);
  }
  return fmt::format("the nearest {} {}", near.size() == 1 ? "is" : "are",
                     list_of(near, near.size()));
}

std::string hint_for_nothing(const std::vector<VersionStatus>& all) {
  const VersionStatus* newest = newest_applied(all);
  if (newest == nullptr) return "nothing is applied; `pgtide status` lists the versions";
  const auto before =
      std::find_if(std::make_reverse_iterator(all.begin() + (newest - all.data())), all.rend(),
                   [](const VersionStatus& status) { return is_applied(status); });
  const std::string at = fmt::format("the database is at {}", labelled(*newest));
  if (before == all.rend()) return at;
  return fmt::format("{}, the version before is {}", at, labelled(*before));
}

}  // namespace

std::string labelled(const VersionStatus& status) {
  return labelled(status.version_text, status.name);
}

const VersionStatus* find(const std::vector<VersionStatus>& all, Version version) {
  const auto at = std::lower_bound(
      all.begin(), all.end(), version,
      [](const VersionStatus& status, const Version& wanted) { return status.version < wanted; });
  return at != all.end() && at->version == version ? &*at : nullptr;
}

const VersionStatus* newest_applied(const std::vector<VersionStatus>& all) {
  const auto newest = std::find_if(all.rbegin(), all.rend(),
                                   [](const VersionStatus& status) { return is_applied(status); });
  return newest == all.rend() ? nullptr : &*newest;
}

bool is_applied(const VersionStatus& status) {
  return status.row != nullptr && is_applied(*status.row);
}

Plan empty_plan(Direction direction, const LedgerSnapshot& ledger) {
  Plan plan;
  plan.direction = direction;
  plan.problems = ledger.problems;
  plan.current = ledger.current();
  for (const LedgerRow& row : ledger.rows)
    if (is_applied(row)) plan.applied_versions.push_back(row.version);
  plan.applied = plan.applied_versions.size();
  return plan;
}

std::optional<Version> Plan::current_after(std::size_t count) const {
  std::set<Version> left(applied_versions.begin(), applied_versions.end());
  for (std::size_t i = 0; i < count && i < steps.size(); ++i) {
    if (steps[i].direction == Direction::up) {
      left.insert(steps[i].version);
    } else {
      left.erase(steps[i].version);
    }
  }
  if (left.empty()) return std::nullopt;
  return *left.rbegin();
}

Step step_for(const VersionStatus& status, Direction direction) {
  Step step;
  step.direction = direction;
  step.version = status.version;
  // The row's spelling: with the file's a second row would be written, not this one updated.
  step.version_text = status.row != nullptr ? status.row->version_text : status.version_text;
  step.name = status.name;
  const bool resumes = status.state == State::in_progress &&
                       status.row->progress->direction == direction &&
                       !status.row->progress->unreadable;
  if (resumes) step.resume = status.row->progress;
  return step;
}

std::string progress_text(const Progress& progress) {
  if (progress.unreadable) return "a statement that its row in the log does not tell";
  return fmt::format("statement {} of {}", progress.done, progress.of);
}

std::string way_out_of_journal(const std::string& version_text) {
  return fmt::format(
      "see what of it is in the database, then `pgtide resolve --applied {0}` or `pgtide resolve "
      "--rolled-back {0}`",
      version_text);
}

void refuse_unreadable_journal(Plan& plan, const VersionStatus& status) {
  if (status.state != State::in_progress || !status.row->progress->unreadable) return;
  add_problem(plan,
              fmt::format("{} stopped half way, and its newest journal row in the log is not one "
                          "that pgtide writes",
                          status.version_text),
              way_out_of_journal(status.version_text));
}

void add_problem(Plan& plan, std::string message, std::string hint, std::string file) {
  plan.problems.push_back({{std::move(file), 0, 0}, std::move(message), std::move(hint), {}});
}

std::optional<Version> known_version(const std::string& text, const Catalog& catalog,
                                     const std::vector<VersionStatus>& all, Plan& plan) {
  if (text.find_first_not_of(" \t") == std::string::npos) {
    add_problem(plan, "no version is given", hint_for_nothing(all));
    return std::nullopt;
  }
  if (text.find_first_not_of("0123456789") != std::string::npos) {
    add_problem(plan, fmt::format("`{}` is not a version", file_name::escaped(text)),
                hint_for_text(text, all));
    return std::nullopt;
  }
  const std::optional<Version> version = Version::parse(text);
  if (version && find(all, *version) != nullptr) return version;
  const bool is_zero = text.find_first_not_of('0') == std::string::npos;
  if (version || is_zero) {
    const std::string shown = version ? version->padded(catalog.version_width()) : text;
    add_problem(plan,
                fmt::format("there is no migration {}; {}", shown,
                            nearest_versions(version.value_or(Version(0)), catalog, all)),
                "`pgtide status` lists the versions");
  } else {
    add_problem(plan,
                fmt::format("a version has at most {} digits, {} are given", Version::max_digits,
                            text.size()),
                "`pgtide status` lists the versions");
  }
  return std::nullopt;
}

}  // namespace pgtide
