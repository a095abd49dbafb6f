// The way out of a wait for a server that says nothing any more.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pgtide::adapters {

// libpq waits for an answer without end, whatever signals come. Every connection is listed here
// while it is open; to cut them off makes whoever waits on one find it lost. May be called from any
// thread.
void list_connection(PGconn* connection);
void forget_connection(PGconn* connection);
void cut_off_connections();
// A server has said something.
void note_answer();
std::chrono::milliseconds since_last_answer();
// Once that was done, no connection is of use any more.
bool connections_are_cut_off();

// While it lives, nobody waits for an answer on one connection longer than to a moment; then the
// connection is cut off.
class AnswerLimit {
 public:
  AnswerLimit(PGconn* connection, std::chrono::steady_clock::time_point deadline);
  ~AnswerLimit();
  AnswerLimit(const AnswerLimit&) = delete;
  AnswerLimit& operator=(const AnswerLimit&) = delete;
  bool is_over();

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
  bool is_over_ = false;
  std::thread watch_;
};

}  // namespace pgtide::adapters
