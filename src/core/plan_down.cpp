#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pgtide/plan.hpp"
#include "plan_support.hpp"
#include "wording.hpp"

namespace pgtide {
namespace {

class DownPlanner {
 public:
  DownPlanner(const Catalog& catalog, const LedgerSnapshot& ledger,
              const std::map<Version, std::string>& irreversible)
      : catalog_(catalog),
        irreversible_(irreversible),
        all_(assess(catalog, ledger)),
        newest_applied_(newest_applied(all_)),
        plan_(empty_plan(Direction::down, ledger)) {}

  Plan plan(const Target& target) && {
    std::visit([this](const auto& kind) { select(kind); }, target);
    for (const VersionStatus* status : selected_) add_step(*status);
    if (!plan_.problems.empty()) plan_.steps.clear();
    return std::move(plan_);
  }

 private:
  void select(const ToNewest&) {
    add_problem(plan_, "a rollback needs a version to go back to",
                "`pgtide down VERSION` rolls back everything above VERSION, `pgtide down 0` all");
  }

  void select(const ToEmpty&) {
    select_above(Version(0));
    if (selected_.empty()) plan_.notices.emplace_back("nothing is applied");
  }

  void select(const ToVersion& target) {
    const bool is_zero =
        !target.text.empty() && target.text.find_first_not_of('0') == std::string::npos;
    if (is_zero) return select(ToEmpty{});
    const auto version = known_version(target.text, catalog_, all_, plan_);
    if (!version) return;
    select_above(*version);
    const VersionStatus& wanted = *find(all_, *version);
    if (selected_.empty()) {
      note_nothing_to_do(wanted);
    } else if (!is_applied(wanted)) {
      plan_.notices.push_back(fmt::format("{} itself is not applied", labelled(wanted)));
    }
  }

  void select(const BySteps& steps) {
    if (steps.count == 0) {
      add_problem(plan_, "the number of steps is 0", "give 1 or more");
      return;
    }
    select_above(Version(0));
    if (selected_.empty()) plan_.notices.emplace_back("nothing is applied");
    if (selected_.size() > steps.count) selected_.resize(steps.count);
  }

  // What stands above one of them may rest on it, so it must go first, and nobody asked for that.
  void select(const Exactly& wanted) {
    if (wanted.versions.empty()) {
      plan_.notices.push_back(wanted.why_none);
      return;
    }
    const auto lowest = std::min_element(wanted.versions.begin(), wanted.versions.end());
    select_above(Version(lowest->number() - 1));
    for (const VersionStatus* status : selected_) {
      const auto& versions = wanted.versions;
      if (std::find(versions.begin(), versions.end(), status->version) != versions.end()) continue;
      add_problem(plan_,
                  fmt::format("{} is applied above {} and does not belong to it", labelled(*status),
                              labelled(*find(all_, *lowest))),
                  "`pgtide down VERSION` rolls back everything above VERSION");
    }
  }

  void select_above(Version version) {
    for (auto status = all_.rbegin(); status != all_.rend() && status->version > version;
         ++status) {
      if (is_applied(*status)) {
        selected_.push_back(&*status);
      } else if (status->state == State::in_progress) {
        report_half_applied(*status);
      }
    }
  }

  void report_half_applied(const VersionStatus& status) {
    add_problem(
        plan_,
        fmt::format("{} is half applied ({})", labelled(status),
                    progress_text(*status.row->progress)),
        status.row->progress->unreadable
            ? way_out_of_journal(status.version_text)
            : fmt::format(
                  "finish it with `pgtide up {0}`; or let its rollback script undo what is there: "
                  "`pgtide resolve --applied {0}`, then this again",
                  status.version_text));
  }

  void note_nothing_to_do(const VersionStatus& wanted) {
    if (newest_applied_ == nullptr) {
      plan_.notices.emplace_back("nothing is applied");
    } else if (newest_applied_ == &wanted) {
      plan_.notices.push_back(fmt::format("the database is at {} already", wanted.version_text));
    } else {
      plan_.notices.push_back(fmt::format("nothing above {} is applied; the database is at {}",
                                          wanted.version_text, newest_applied_->version_text));
    }
  }

  void add_step(const VersionStatus& status) {
    refuse_unreadable_journal(plan_, status);
    Step step = step_for(status, Direction::down);
    switch (status.rollback) {
      case RollbackState::ready:
        step.path = status.migration->rollback_path;
        break;
      case RollbackState::stored:
        step.origin = ScriptOrigin::ledger;
        step.path = fmt::format("stored rollback of {}", status.version_text);
        if (catalog_.directory.empty()) break;  // nobody expects a file
        plan_.notices.push_back(
            fmt::format("{} has no rollback file; the script that the database stores is used",
                        labelled(status)));
        break;
      case RollbackState::missing:
      case RollbackState::irreversible:
        report_no_way_back(status);
        return;
    }
    plan_.steps.push_back(std::move(step));
  }

  void report_no_way_back(const VersionStatus& status) {
    if (const auto declared = irreversible_.find(status.version); declared != irreversible_.end()) {
      add_problem(plan_, fmt::format("{} is irreversible: {}", labelled(status), declared->second),
                  "restore a backup, or write a new migration that leads on");
      return;
    }
    if (catalog_.directory.empty()) {
      add_problem(plan_,
                  fmt::format("the database stores no rollback script of {}", labelled(status)),
                  "with its rollback file in the migrations directory `pgtide down` can use that: "
                  "leave --from-ledger out");
      return;
    }
    const std::string path = joined_path(
        catalog_.directory, fmt::format("rollback/{}_rollback.sql", status.version_text));
    // Without its forward script a rollback script has no place in the directory.
    const bool has_file = status.migration != nullptr;
    add_problem(plan_, fmt::format("{} has no rollback script", labelled(status)),
                has_file
                    ? fmt::format("write {}", path)
                    : fmt::format("restore its forward script and {} from version control", path));
  }

  const Catalog& catalog_;
  const std::map<Version, std::string>& irreversible_;
  std::vector<VersionStatus> all_;
  const VersionStatus* newest_applied_;
  Plan plan_;
  std::vector<const VersionStatus*> selected_;
};

}  // namespace

Plan plan_down(const Catalog& catalog, const LedgerSnapshot& ledger, const Target& target,
               const std::map<Version, std::string>& irreversible) {
  return DownPlanner(catalog, ledger, irreversible).plan(target);
}

}  // namespace pgtide
