// The modes of a transaction that several scripts share.
#include <fmt/format.h>

#include "engine/executor.hpp"

namespace pgtide::engine {

// The strongest isolation level that a script asks for, for all of them.
sql::TransactionModes Executor::modes_of_run() {
  sql::TransactionModes modes;
  if (options_.view != View::latest) modes.isolation = sql::Isolation::repeatable_read;
  std::size_t strongest = scans_->size();
  for (std::size_t i = 0; i < scans_->size(); ++i) {
    const sql::TransactionModes& own = (*scans_)[i].modes;
    if (own.read_only == false) modes.read_only = false;
    if (!own.isolation || own.isolation <= modes.isolation) continue;
    modes.isolation = own.isolation;
    strongest = i;
  }
  if (strongest < scans_->size() && scans_->size() > 1 && !modes_are_told_) {
    modes_are_told_ = true;
    sql::TransactionModes level;
    level.isolation = modes.isolation;
    observer_.on_remark(
        {.where = {report_.steps[strongest].step.path, 0, 0},
         .message = fmt::format("all scripts of this run are one transaction, with {}, because "
                                "this one asks for it",
                                sql::begin_statement(level).substr(std::string("BEGIN ").size())),
         .hint = {},
         .source_line = {}});
  }
  return modes;
}

}  // namespace pgtide::engine
