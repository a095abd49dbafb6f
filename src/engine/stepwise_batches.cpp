// A statement that is repeated, each time in a transaction of its own, until it changes nothing.
#include <fmt/format.h>

#include "engine/failure.hpp"
#include "engine/pause.hpp"
#include "engine/stepwise.hpp"
#include "engine/tally.hpp"

namespace pgtide::engine {

// While it is watched the transaction stays open.
Stepwise::Parts Stepwise::batch_parts(const std::string& sql) const {
  Parts parts = {{{sql}, Origin::script}};
  if (!probing()) parts = transaction(std::move(parts));
  if (options_.fence) {
    for (const Query& query : login_role_for_this_transaction()) parts.push_back({query});
    parts.push_back({lock_transaction(*options_.settings.transaction_key), Origin::fence});
    parts.push_back({*options_.fence, Origin::fence});
  }
  if (!probing()) parts.push_back({{"COMMIT"}, Origin::commit});
  return parts;
}

void Stepwise::run_batches(const sql::Statement& statement, const sql::Batch& batch) {
  const Parts parts = batch_parts(sql::with_batch_size(statement.text, batch.size));
  // A retry goes on where it was: what it changed is committed.
  if (batches_.of != number_) batches_ = {.of = number_, .begin = Clock::now()};
  BatchProgress& progress = batches_.progress;
  while (true) {
    stop_if_interrupted();
    if (probing()) begin_probed(statement);
    const ports::Outcome outcome = must(parts);
    if (probing()) {
      probe_after(statement);
      must({{{"COMMIT"}, Origin::commit}});
    }
    count_statement(*report_, outcome);
    if (outcome.rows.value_or(0) == 0) break;
    attempts_ = {};
    ++progress.batches;
    progress.rows += *outcome.rows;
    progress.elapsed_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - batches_.begin)
            .count();
    observer_.on_batch(*step_, progress);
    if (progress.batches >= batch.max_batches) give_up_batches(progress);
    pause(batch.pause, interrupt_, observer_);
  }
  must(own_transaction(journal(progress.rows)));
}

void Stepwise::give_up_batches(const BatchProgress& progress) {
  Failure failure = script_failure(step_->path, running_->begin, running_->text, {});
  failure.message = fmt::format("the batch still changes rows after {} times ({} rows in all)",
                                progress.batches, progress.rows);
  failure.hint =
      "make sure that the statement no longer finds the rows that it changed, or raise max-batches";
  fail(std::move(failure));
}

}  // namespace pgtide::engine
