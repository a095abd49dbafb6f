#include "adapters/open_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

namespace pgtide::adapters {
namespace {

// Descriptors of its own: libpq closes its one when it finds a connection lost, and the number may
// be another file's by then.
struct OpenSockets {
  std::mutex mutex;
  std::map<PGconn*, int> descriptors;
  bool are_cut_off = false;
};

OpenSockets& open_sockets() {
  static OpenSockets& sockets = *new OpenSockets;  // connections may outlive what is static
  return sockets;
}

std::atomic<std::int64_t> last_answer{0};

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void cut_off(PGconn* connection) {
  OpenSockets& sockets = open_sockets();
  const std::lock_guard lock(sockets.mutex);
  const auto found = sockets.descriptors.find(connection);
  if (found != sockets.descriptors.end()) ::shutdown(found->second, SHUT_RDWR);
}

}  // namespace

void list_connection(PGconn* connection) {
  OpenSockets& sockets = open_sockets();
  const std::lock_guard lock(sockets.mutex);
  const int descriptor = ::fcntl(PQsocket(connection), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return;
  sockets.descriptors[connection] = descriptor;
  if (sockets.are_cut_off) ::shutdown(descriptor, SHUT_RDWR);
}

void forget_connection(PGconn* connection) {
  OpenSockets& sockets = open_sockets();
  const std::lock_guard lock(sockets.mutex);
  const auto found = sockets.descriptors.find(connection);
  if (found == sockets.descriptors.end()) return;
  ::close(found->second);
  sockets.descriptors.erase(found);
}

void note_answer() {
  last_answer = now_ms();
}

std::chrono::milliseconds since_last_answer() {
  return std::chrono::milliseconds(now_ms() - last_answer);
}

void cut_off_connections() {
  OpenSockets& sockets = open_sockets();
  const std::lock_guard lock(sockets.mutex);
  sockets.are_cut_off = true;
  for (const auto& [connection, descriptor] : sockets.descriptors) {
    ::shutdown(descriptor, SHUT_RDWR);
  }
}

AnswerLimit::AnswerLimit(PGconn* connection, std::chrono::steady_clock::time_point deadline) {
  watch_ = std::thread([this, connection, deadline] {
    std::unique_lock lock(mutex_);
    if (ended_.wait_until(lock, deadline, [this] { return has_ended_; })) return;
    is_over_ = true;
    cut_off(connection);
  });
}

AnswerLimit::~AnswerLimit() {
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  ended_.notify_one();
  watch_.join();
}

bool AnswerLimit::is_over() {
  const std::lock_guard lock(mutex_);
  return is_over_;
}

bool connections_are_cut_off() {
  OpenSockets& sockets = open_sockets();
  const std::lock_guard lock(sockets.mutex);
  return sockets.are_cut_off;
}

}  // namespace pgtide::adapters
