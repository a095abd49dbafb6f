// Backups, made with pg_dump.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "pgtide/backup_files.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/settings.hpp"

namespace pgtide {

// Called about ten times a second with the bytes written so far.
using BackupProgress = std::function<void(std::int64_t bytes)>;

// Dumps the whole database in PostgreSQL's custom format with the server's own or newer pg_dump,
// checks that pg_restore can read it, and only then gives it its name; readable by its owner alone.
// Then the retention of the settings is applied. Throws Error(environment), with nothing left
// behind, when any of this fails, Error(interrupted) after a signal.
Backup back_up(const Settings& settings, const ports::Interrupt& interrupt,
               const BackupProgress& progress = {});

// `path` empty: the newest backup of the database. Needs no connection. Throws Error(usage) when
// there is no such file, or when it is no backup of that database.
RestoreAdvice restore_advice(const Settings& settings, const std::string& path);

}  // namespace pgtide
