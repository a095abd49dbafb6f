// Backups as values: how they are called, and which of them are kept. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/operations_settings.hpp"

namespace pgtide {

struct Backup {
  std::string database;
  std::string path;
  std::int64_t bytes = 0;
  std::int64_t duration_ms = 0;
  std::vector<std::string> removed;  // older backups that are kept no longer
};

// How `path` is restored; nothing is run.
struct RestoreAdvice {
  std::string path;
  std::vector<std::string> beside;  // commands that restore into a new database
  std::vector<std::string> over;    // that put it in the database's place, and keep the old one
  std::string replaced;             // what the old one is called then
};

using BackupTime = std::chrono::sys_seconds;

// `shop-20260115T102233Z.dump`. Two databases never share a name, whatever they are called.
std::string backup_name(std::string_view database, BackupTime at);

// Whose backup a file is by its name; nullopt for one that was named otherwise.
std::optional<std::string> backed_up_database(std::string_view file_name);

// When `file_name` was made, if it is a backup of `database`.
std::optional<BackupTime> backup_time(std::string_view database, std::string_view file_name);

// The newest first; files that are no backups of `database` are left out.
std::vector<std::string> backups_of(std::string_view database,
                                    const std::vector<std::string>& file_names);

// The backups of `database` that may go. Kept are the newest of each of the last so many days,
// weeks (from Monday) and months, in UTC, that have one, and whatever is at most 24 hours older
// than the newest; with no days, weeks and months everything is.
std::vector<std::string> expired_backups(std::string_view database,
                                         const std::vector<std::string>& file_names,
                                         const Retention& keep);

}  // namespace pgtide
