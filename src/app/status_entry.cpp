#include "app/status_entry.hpp"

#include <fmt/format.h>

namespace pgtide {

StatusEntry entry_of(const VersionStatus& status) {
  StatusEntry entry{.version = status.version_text,
                    .name = status.name,
                    .state = status.state,
                    .rollback = status.rollback};
  if (status.row != nullptr) {
    entry.applied_at = status.row->applied_at;
    entry.rolled_back_at = status.row->rolled_back_at;
    entry.execution_time_ms = status.row->execution_time_ms;
    entry.error = status.row->error;
    if (status.state == State::in_progress) {
      entry.progress =
          fmt::format("statement {} of {}", status.row->progress->done, status.row->progress->of);
    }
  }
  return entry;
}

}  // namespace pgtide
