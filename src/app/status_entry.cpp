#include "app/status_entry.hpp"

#include <fmt/format.h>

#include "core/plan_support.hpp"

namespace pgtide {

namespace {

std::string way_on(const VersionStatus& status) {
  const Progress& progress = *status.row->progress;
  const std::string& version = status.version_text;
  if (progress.unreadable) return way_out_of_journal(version);
  if (progress.direction == Direction::down)
    return "the same `pgtide down` goes on where it stopped";
  if (status.migration == nullptr) {
    return fmt::format("its file is not here: `pgtide up {}` goes on where there is one", version);
  }
  const auto& checksum = status.migration->forward_checksum;
  if (checksum && !checksum->matches(progress.checksum)) {
    return fmt::format(
        "its script has changed since: `pgtide up {0}` goes on when what is done of it stands "
        "there "
        "as it was; or finish by hand what it did, then `pgtide resolve --applied {0}`",
        version);
  }
  return fmt::format("`pgtide up {}` goes on where it stopped", version);
}

}  // namespace

StatusEntry entry_of(const VersionStatus& status, const Catalog& catalog) {
  // An empty folder is no older release, but most likely the wrong folder.
  const bool is_ahead = status.migration == nullptr && !catalog.migrations.empty() &&
                        status.version > catalog.migrations.back().version;
  StatusEntry entry{.version = status.version_text,
                    .name = status.name,
                    .state = status.state,
                    .rollback = status.rollback,
                    .is_ahead = is_ahead};
  if (status.row != nullptr) {
    entry.applied_at = status.row->applied_at;
    entry.rolled_back_at = status.row->rolled_back_at;
    entry.execution_time_ms = status.row->execution_time_ms;
    if (status.row->error != unfinished_error) entry.error = status.row->error;
    if (status.state == State::in_progress) {
      entry.progress = progress_text(*status.row->progress);
      entry.way_on = way_on(status);
    }
  }
  return entry;
}

}  // namespace pgtide
