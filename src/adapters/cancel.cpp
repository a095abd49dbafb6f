#include "adapters/cancel.hpp"

#include <chrono>
#include <thread>

namespace pgtide::adapters {

void Cancel::ask(PGconn* connection) {
  constexpr std::chrono::seconds patience{1};
  std::unique_lock lock(mutex_);
  if (is_under_way_) return;
  PGcancel* const request = PQgetCancel(connection);
  if (request == nullptr) return;
  is_under_way_ = true;
  std::thread([self = shared_from_this(), request] {
    char why[256];
    PQcancel(request, why, sizeof why);
    PQfreeCancel(request);
    const std::lock_guard done(self->mutex_);
    self->is_under_way_ = false;
    self->taken_.notify_all();
  }).detach();
  taken_.wait_for(lock, patience, [this] { return !is_under_way_; });
}

}  // namespace pgtide::adapters
