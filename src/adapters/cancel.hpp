// Has the server give up the running statement.
#pragma once

#include <libpq-fe.h>

#include <condition_variable>
#include <memory>
#include <mutex>

namespace pgtide::adapters {

// libpq's request waits until the server has taken it, which one that says nothing any more never
// does; so it is made in a thread of its own. One at a time.
class Cancel : public std::enable_shared_from_this<Cancel> {
 public:
  // Returns once the request was taken, so that it cannot meet a later statement; or after a
  // second.
  void ask(PGconn* connection);

 private:
  std::mutex mutex_;
  std::condition_variable taken_;
  bool is_under_way_ = false;
};

}  // namespace pgtide::adapters
