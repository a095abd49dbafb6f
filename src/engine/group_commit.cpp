#include "engine/group_commit.hpp"

#include <fmt/format.h>

#include <utility>

#include "pgtide/query.hpp"

namespace pgtide::engine {
namespace {

constexpr std::chrono::milliseconds patience{500};

}  // namespace

std::vector<std::string> flush_statements(const LedgerNames& names) {
  // A script may have locked the ledger's table as a whole.
  return {"SET LOCAL lock_timeout = 100",
          fmt::format("SELECT FROM {} LIMIT 1 FOR KEY SHARE SKIP LOCKED",
                      names.qualified(names.table))};
}

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
  if (!since_) return;
  if (lock_->run_aside(flush_statements(names_), interrupt_)) return flushed();
  since_ = Clock::now();
}

}  // namespace pgtide::engine
