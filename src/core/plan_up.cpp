#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pgtide/plan.hpp"
#include "plan_support.hpp"
#include "wording.hpp"

namespace pgtide {
namespace {

class UpPlanner {
 public:
  UpPlanner(const Catalog& catalog, const LedgerSnapshot& ledger, const PlanPolicy& policy)
      : catalog_(catalog),
        policy_(policy),
        all_(assess(catalog, ledger)),
        newest_applied_(newest_applied(all_)),
        plan_(empty_plan(Direction::up, ledger)) {}

  Plan plan(const Target& target) && {
    std::visit([this](const auto& kind) { select(kind); }, target);
    check_changed();
    check_missing();
    check_half_rolled_back();
    check_half_applied();
    if (all_.empty() && !catalog_.directory.empty()) {
      plan_.notices.push_back("there are no migrations in " + catalog_.directory);
    }
    for (const VersionStatus* status : selected_) {
      refuse_unreadable_journal(plan_, *status);
      check_order(*status);
    }
    if (plan_.problems.empty()) add_steps();
    return std::move(plan_);
  }

 private:
  static bool is_candidate(const VersionStatus& status) {
    return status.migration != nullptr && !is_applied(status);
  }

  void select(const ToNewest&) { select_up_to(nullptr); }

  void select(const ToVersion& target) {
    const auto version = known_version(target.text, catalog_, all_, plan_);
    if (!version) return;
    const VersionStatus* wanted = find(all_, *version);
    if (!is_applied(*wanted) && wanted->migration == nullptr) {
      add_problem(plan_, fmt::format("{} has no file any more", labelled(*wanted)),
                  fmt::format("restore its file in {} from version control",
                              joined_path(catalog_.directory, "sql")));
      return;
    }
    select_up_to(wanted);
    if (selected_.empty()) note_nothing_to_do(*wanted);
  }

  void select(const BySteps& steps) {
    if (steps.count == 0) {
      add_problem(plan_, "the number of steps is 0", "give 1 or more");
      return;
    }
    select_up_to(nullptr);
    if (selected_.size() > steps.count) selected_.resize(steps.count);
  }

  void select(const ToEmpty&) {
    add_problem(plan_, "only a rollback leads to an empty database",
                "`pgtide down 0` rolls back everything");
  }

  void select(const Exactly&) {
    add_problem(plan_, "only a rollback takes exactly these versions",
                "`pgtide up VERSION` applies everything up to VERSION");
  }

  // `last` null: everything.
  void select_up_to(const VersionStatus* last) {
    for (const VersionStatus& status : all_) {
      if (last != nullptr && status.version > last->version) break;
      if (is_candidate(status)) selected_.push_back(&status);
    }
  }

  // Nothing selected means that the target itself is applied.
  void note_nothing_to_do(const VersionStatus& wanted) {
    std::string note = fmt::format("{} is already applied", wanted.version_text);
    if (newest_applied_ != &wanted)
      note += fmt::format("; the database is at {}", newest_applied_->version_text);
    plan_.notices.push_back(std::move(note));
  }

  void check_changed() {
    for (const VersionStatus& status : all_) {
      if (status.state != State::changed) continue;
      add_problem(plan_, fmt::format("{} has changed since it was applied", labelled(status)),
                  what_to_do_about_change(status), status.migration->forward_path);
    }
  }

  std::string what_to_do_about_change(const VersionStatus& changed) const {
    const std::string repair = "`pgtide repair` records the file as it is, but does not run it";
    if (newest_applied_ == nullptr || changed.version != newest_applied_->version) {
      return "restore the file; " + repair;
    }
    std::string below = "0";
    for (const VersionStatus& status : all_) {
      if (status.version < changed.version && is_applied(status)) below = status.version_text;
    }
    return fmt::format(
        "restore the file; to run it as it is now: `pgtide down {}`, then `pgtide up`; {}", below,
        repair);
  }

  void check_half_rolled_back() {
    for (const VersionStatus& status : all_) {
      if (status.state != State::in_progress || !is_applied(status)) continue;
      add_problem(plan_,
                  fmt::format("{} is half rolled back ({})", labelled(status),
                              progress_text(*status.row->progress)),
                  fmt::format("finish it with `pgtide down`, or finish by hand and record it with "
                              "`pgtide resolve --rolled-back {}`",
                              status.version_text));
    }
  }

  // Without its file nothing here can finish it, but what it did is there.
  void check_half_applied() {
    for (const VersionStatus& status : all_) {
      const bool is_stuck =
          status.state == State::in_progress && !is_applied(status) && status.migration == nullptr;
      if (!is_stuck) continue;
      std::string message =
          fmt::format("{} stopped half way ({}), and its file is missing in {}", labelled(status),
                      progress_text(*status.row->progress), catalog_.directory);
      std::string hint = fmt::format(
          "the deployment that has the file finishes it with `pgtide up {0}`; or undo by hand what "
          "is there, and record that with `pgtide resolve --rolled-back {0}`",
          status.version_text);
      if (is_above_all_files(status) && policy_.database_ahead == DatabaseAhead::warn) {
        plan_.notices.push_back(message + "; " + hint);
      } else {
        add_problem(plan_, std::move(message), std::move(hint));
      }
    }
  }

  bool is_above_all_files(const VersionStatus& status) const {
    return catalog_.migrations.empty() || status.version > catalog_.migrations.back().version;
  }

  void check_missing() {
    std::vector<std::string> ahead;
    for (const VersionStatus& status : all_) {
      if (status.state != State::missing) continue;
      if (is_above_all_files(status)) {
        ahead.push_back(labelled(status));
      } else {
        add_problem(plan_, fmt::format("{} is applied, but its file is missing", labelled(status)),
                    fmt::format("restore {} from version control", expected_path(status)));
      }
    }
    if (!ahead.empty()) report_ahead(ahead);
  }

  std::string expected_path(const VersionStatus& status) const {
    const std::string name = status.name.empty() ? "<name>" : status.name;
    return joined_path(catalog_.directory, fmt::format("sql/{}_{}.sql", status.version_text, name));
  }

  void report_ahead(const std::vector<std::string>& versions) {
    constexpr std::size_t most = 5;
    std::string message =
        fmt::format("the database is ahead of {}: {} {} applied, but {} no file here",
                    catalog_.directory, list_of(versions, most),
                    versions.size() == 1 ? "is" : "are", versions.size() == 1 ? "has" : "have");
    if (policy_.database_ahead == DatabaseAhead::error) {
      add_problem(plan_, std::move(message),
                  "run the deployment that has these files, or set `[policy] database_ahead = "
                  "\"warn\"`");
    } else {
      plan_.notices.push_back(std::move(message));
    }
  }

  void check_order(const VersionStatus& status) {
    const bool is_below = newest_applied_ != nullptr && status.version < newest_applied_->version;
    if (!is_below) return;
    const std::string newest = labelled(*newest_applied_);
    if (status.state == State::out_of_order && policy_.out_of_order == OutOfOrder::refuse) {
      add_problem(
          plan_,
          fmt::format("{} is pending, but the newer {} is applied", labelled(status), newest),
          "give it a number above the newest, or apply it as it is with --allow-out-of-order",
          status.migration->forward_path);
    } else if (status.state == State::out_of_order) {
      plan_.notices.push_back(fmt::format(
          "{} is applied out of order: the newer {} is applied already", labelled(status), newest));
    } else if (status.state == State::in_progress) {
      plan_.notices.push_back(
          fmt::format("{} goes on, although the newer {} is applied", labelled(status), newest));
    } else {
      plan_.notices.push_back(fmt::format(
          "{} {} and is applied again, although the newer {} is applied", labelled(status),
          status.state == State::failed ? "failed" : "was rolled back", newest));
    }
  }

  void add_steps() {
    for (const VersionStatus* status : selected_) {
      Step step = step_for(*status, Direction::up);
      step.path = status->migration->forward_path;
      step.rollback_path = status->migration->rollback_path;
      plan_.steps.push_back(std::move(step));
    }
  }

  const Catalog& catalog_;
  const PlanPolicy& policy_;
  std::vector<VersionStatus> all_;
  const VersionStatus* newest_applied_;
  Plan plan_;
  std::vector<const VersionStatus*> selected_;
};

}  // namespace

Plan plan_up(const Catalog& catalog, const LedgerSnapshot& ledger, const Target& target,
             const PlanPolicy& policy) {
  return UpPlanner(catalog, ledger, policy).plan(target);
}

}  // namespace pgtide
