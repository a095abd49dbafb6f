#include "engine/level_record.hpp"

#include <fmt/format.h>

#include "engine/schema_record.hpp"

namespace pgtide::engine {
namespace {

// Reading and recording a schema of 100 tables takes about 20 ms and some round trips.
constexpr std::size_t most_levels = 20;

}  // namespace

template <typename Do>
void LevelRecord::politely(Do what) {
  if (!active_ || interrupt_.signal() != 0) return;
  try {
    what();
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error& error) {
    active_ = false;
    if (interrupt_.signal() != 0) return;  // the run itself tells that it was stopped
    observer_.on_remark(
        {.where = {},
         .message = fmt::format("the schema could not be recorded: {}", error.what()),
         .hint = {},
         .source_line = {}});
  }
}

bool LevelRecord::is_affordable(const PreparedRun& prepared) {
  return prepared.request.direction == Direction::up &&
         prepared.request.finish == Finish::commit_each &&
         prepared.plan.steps.size() <= most_levels;
}

schema::Snapshot LevelRecord::read() {
  return options_.own_part(read_schema_politely(session_, options_.names, options_.lock_timeout));
}

void LevelRecord::begin(const PreparedRun& prepared) {
  const std::vector<Step>& steps = prepared.plan.steps;
  active_ = is_affordable(prepared);
  versions_.clear();
  start_.reset();
  if (!active_) return;
  for (const Step& step : steps) versions_.push_back(step.version_text);
  const auto current = prepared.ledger.current();
  start_version_ = current ? prepared.ledger.find(*current)->version_text : "0";
  politely([&] {
    std::optional<RecordedSchema> recorded;
    if (prepared.ledger.shape.log_exists) {
      recorded = recorded_schema(session_, options_.names, start_version_);
    }
    if (recorded && !(recorded->schema && options_.lacks_schema(prepared, *recorded->schema))) {
      return;
    }
    start_ = read();
  });
}

void LevelRecord::after(std::size_t index) {
  politely([&] {
    if (start_) {
      record_schema(session_, options_.names, options_.run, start_version_, *start_);
      start_.reset();
    }
    if (index + 1 >= versions_.size()) return;
    record_schema(session_, options_.names, options_.run, versions_[index], read());
  });
}

}  // namespace pgtide::engine
