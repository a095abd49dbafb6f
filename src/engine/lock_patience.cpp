#include "engine/lock_patience.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "engine/pause.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;

// Long enough for a queue to drain, short enough not to miss a gap.
constexpr milliseconds first_pause{1000};
constexpr milliseconds longest_pause{10000};
constexpr milliseconds look_after{300};
constexpr milliseconds look_every{1000};

// Doubled each time and spread, so that two who wait for the same table do not meet again and
// again.
milliseconds pause_after(const Attempts& attempts) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto longest =
      std::min(first_pause * (1 << std::min<std::size_t>(attempts.failed - 1, 10)), longest_pause);
  return milliseconds(
      std::uniform_int_distribution<std::int64_t>(longest.count() / 2, longest.count())(random));
}

bool are_same(const std::vector<LockHolder>& a, const std::vector<LockHolder>& b) {
  return std::ranges::equal(a, b, {}, &LockHolder::pid, &LockHolder::pid);
}

}  // namespace

std::optional<LockFailure> lock_failure(const std::string& sqlstate) {
  if (sqlstate == "55P03") return LockFailure::timeout;
  if (sqlstate == "40P01") return LockFailure::deadlock;
  if (sqlstate == "40001") return LockFailure::conflict;
  return std::nullopt;
}

void LockPatience::look(const Step& step, milliseconds running, milliseconds lock_timeout) {
  const milliseconds first =
      lock_timeout.count() == 0 ? look_after : std::min(look_after, lock_timeout / 2);
  if (watch_ == nullptr || running < first) return;
  const auto now = Clock::now();
  if (looked_ && now - *looked_ < look_every && now - *looked_ < running) return;
  looked_ = now;
  std::vector<LockHolder> blockers = watch_->blockers();
  if (blockers.empty()) return;
  const bool is_news = !are_same(blockers, blockers_) || version_ != step.version_text;
  version_ = step.version_text;
  blockers_ = std::move(blockers);
  if (is_news) observer_.on_blocked(step, blockers_);
}

bool LockPatience::try_again(const Step& step, LockFailure reason, Attempts& attempts) {
  if (version_ != step.version_text) {
    version_ = step.version_text;
    blockers_.clear();
  }
  ++attempts.failed;
  if (attempts.failed > retries_ || interrupt_.signal() != 0) return false;
  const LockRetry retry{.reason = reason,
                        .attempt = attempts.failed,
                        .retries = retries_,
                        .pause = pause_after(attempts),
                        .blockers = blockers_};
  observer_.on_lock_retry(step, retry);
  pause(retry.pause, interrupt_, observer_);
  return interrupt_.signal() == 0;
}

void LockPatience::explain(Failure& failure, const Attempts& attempts) const {
  if (attempts.failed > 1) failure.message += fmt::format(" ({} attempts)", attempts.failed);
  if (blockers_.empty()) return;
  const LockHolder& first = blockers_.front();
  failure.hint = fmt::format("held by {}", describe(first));
  if (blockers_.size() > 1) failure.hint += fmt::format(" and {} more", blockers_.size() - 1);
  failure.hint += fmt::format(
      "; end it with `pgtide doctor --terminate {}`, or wait for it and "
      "run again",
      first.pid);
}

}  // namespace pgtide::engine
