// `--dry-run` that npm kept for itself: `npm run db:migrate:up --dry-run` without `--` reaches the
// script only as an environment variable, and must never change anything.
#pragma once

#include <string>

namespace pgtide::cli {

bool npm_dry_run();

// For what changes something and has no dry run: throws Error(usage) when npm kept the flag.
// `what` is what would run, as it is typed after `pgtide`.
void refuse_npm_dry_run(const std::string& what);

}  // namespace pgtide::cli
