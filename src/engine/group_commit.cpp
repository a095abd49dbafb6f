#include "engine/group_commit.hpp"

#include <utility>

#include "pgtide/query.hpp"

namespace pgtide::engine {
namespace {

constexpr std::chrono::milliseconds patience{500};

}  // namespace

bool GroupCommit::is_due() const {
  return since_ && Clock::now() - *since_ >= patience;
}

void GroupCommit::hold(std::function<void()> tell) {
  if (!since_) since_ = Clock::now();
  news_.hold(std::move(tell));
}

void GroupCommit::flushed() {
  since_.reset();
  news_.tell();
}

void GroupCommit::flush() {
  if (!since_ || interrupt_.signal() != 0) return;
  if (lock_->run_aside(names_.flush_statements(), interrupt_)) return flushed();
  since_ = Clock::now();
}

}  // namespace pgtide::engine
