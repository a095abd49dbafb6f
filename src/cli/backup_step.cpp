#include "cli/backup_step.hpp"

#include <chrono>
#include <optional>

namespace pgtide::cli {

BackupProgress show_growth(Console& console) {
  using Clock = std::chrono::steady_clock;
  return [&console, started = std::optional<Clock::time_point>()](std::int64_t bytes) mutable {
    if (!started) started = Clock::now();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *started);
    console.live(render::backup_progress_text(bytes, elapsed.count(), console.message_style()));
  };
}

void log_backup(EventLog& log, const Backup& backup) {
  log.write(
      {.event = LogEvent::backed_up, .message = backup.path, .duration_ms = backup.duration_ms});
}

}  // namespace pgtide::cli
