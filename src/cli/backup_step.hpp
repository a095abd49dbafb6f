// A backup as a command and as a part of a run.
#pragma once

#include "cli/context.hpp"
#include "pgtide/backup.hpp"
#include "pgtide/render_operations.hpp"

namespace pgtide::cli {

// Shows how a backup grows that begins when this is called.
BackupProgress show_growth(Console& console);

void log_backup(EventLog& log, const Backup& backup);

}  // namespace pgtide::cli
