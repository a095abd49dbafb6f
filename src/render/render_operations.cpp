#include "pgtide/render_operations.hpp"

#include <fmt/format.h>

#include <iterator>

#include "core/wording.hpp"
#include "render/json_values.hpp"
#include "render/safe_text.hpp"
#include "render/time_text.hpp"

namespace pgtide::render {

std::string size_text(std::int64_t bytes) {
  constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < std::size(units)) {
    amount /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, units[unit]);
}

std::string backup_text(const Backup& backup) {
  std::string text = fmt::format("backed up {} to {}, {} ({})\n", printable(backup.database),
                                 printable(backup.path), size_text(backup.bytes),
                                 duration_text(backup.duration_ms));
  for (const std::string& path : backup.removed)
    text += fmt::format("removed {}\n", printable(path));
  return text;
}

std::string backup_progress_text(std::int64_t bytes, std::int64_t elapsed_ms, const Style& style) {
  return shortened(fmt::format("backing up: {}, {}", size_text(bytes), elapsed_text(elapsed_ms)),
                   style.width);
}

std::string restore_text(const RestoreAdvice& advice) {
  std::string text = "# into a new database beside the old one:\n";
  for (const std::string& command : advice.beside) text += command + "\n";
  text += fmt::format(
      "\n# in place of the old one, whose connections are ended; it is kept as {}, which lets "
      "nobody "
      "in:\n",
      printable(advice.replaced));
  for (const std::string& command : advice.over) text += command + "\n";
  return text +
         "\n# a password is taken from PGPASSWORD or ~/.pgpass; add --no-owner --no-privileges "
         "where the roles differ\n";
}

std::string reset_text(const std::string& database, std::size_t schemas) {
  return fmt::format("emptied database {}: {} dropped\n", printable(database),
                     counted(schemas, "schema"));
}

std::string validation_json(const std::vector<Problem>& problems,
                            const std::vector<Problem>& notes) {
  return document({{"valid", problems.empty()},
                   {"problems", problem_list(problems)},
                   {"notes", problem_list(notes)}});
}

std::string backup_json(const Backup& backup) {
  return document({{"database", backup.database},
                   {"path", backup.path},
                   {"bytes", backup.bytes},
                   {"duration_ms", backup.duration_ms},
                   {"removed", backup.removed}});
}

std::string restore_json(const RestoreAdvice& advice) {
  return document({{"path", advice.path},
                   {"beside", advice.beside},
                   {"over", advice.over},
                   {"replaced", advice.replaced}});
}

}  // namespace pgtide::render
