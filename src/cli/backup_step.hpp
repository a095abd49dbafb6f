// A backup as a command and as a part of a run.
#pragma once

#include "cli/context.hpp"
#include "pgtide/backup.hpp"
#include "pgtide/render_operations.hpp"

namespace pgtide::cli {

// Makes it and shows how it grows. Throws as back_up() does.
Backup make_backup(Context& context);

}  // namespace pgtide::cli
