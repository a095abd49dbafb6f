#include "cli/backup_step.hpp"

#include <fmt/format.h>

namespace pgtide::cli {

Backup make_backup(Context& context) {
  Console& console = context.console();
  const Settings& settings = context.reachable();
  const auto started = std::chrono::steady_clock::now();
  Backup backup = back_up(settings, context.interrupt(), [&](std::int64_t bytes) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - started);
    console.live(render::backup_progress_text(bytes, elapsed.count(), console.message_style()));
  });
  context.log().write(
      {.event = LogEvent::backed_up, .message = backup.path, .duration_ms = backup.duration_ms});
  return backup;
}

}  // namespace pgtide::cli
