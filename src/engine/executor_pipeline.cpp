// The pipeline: how much may be under way, and when the server is asked for its answers.
#include <fmt/format.h>

#include "engine/executor.hpp"

namespace pgtide::engine {
namespace {

// Enough to keep a distant server busy, small beside a script's size.
constexpr std::size_t max_bytes_in_flight = std::size_t{1} << 20;
constexpr std::size_t max_statements_in_flight = 4096;
// A flush request is five bytes and makes the server send what it has; without it everything would
// wait for the final sync.
constexpr std::size_t sends_per_flush = 64;

std::size_t bytes_of(const std::vector<Param>& params) {
  std::size_t bytes = 0;
  for (const Param& param : params) bytes += param ? param->size() : 0;
  return bytes;
}

}  // namespace

void Executor::send(Purpose purpose, std::size_t step, const Query& query, ports::Rows rows) {
  make_room();
  session_.send(query, rows);
  note_sent(purpose, step, query.sql.size() + bytes_of(query.params));
}

// Parsing and planning are most of what pgtide's own statements cost the server, so each is
// prepared once.
void Executor::send_prepared(Purpose purpose, std::size_t step, const Query& query,
                             ports::Rows rows) {
  // A session that others use too keeps nothing of this run.
  if (is_shared() || !uses_prepared_) return send(purpose, step, query, rows);
  make_room();
  const auto [entry, is_new] =
      prepared_.try_emplace(query.sql, fmt::format("{}_{}", own_name_, prepared_.size()));
  if (is_new) {
    session_.prepare(entry->second, query.sql);
    note_sent(purpose, step, query.sql.size());
  }
  session_.execute(entry->second, query.params, rows);
  note_sent(purpose, step, bytes_of(query.params));
}

void Executor::forget_prepared(Purpose purpose, std::size_t step) {
  prepared_.clear();
  send(purpose, step, drop_prepared_statements());
}

void Executor::note_sent(Purpose purpose, std::size_t step, std::size_t bytes) {
  in_flight_.push_back({.purpose = purpose, .step = step, .bytes = bytes});
  bytes_in_flight_ += bytes;
  if (in_flight_.size() == 1) {
    oldest_since_ = Clock::now();
    announce_running();
  }
  if (++sends_since_flush_ >= sends_per_flush) {
    session_.flush();
    sends_since_flush_ = 0;
  }
}

void Executor::send_all(Purpose purpose, std::size_t step, const std::vector<Query>& queries) {
  for (const Query& query : queries) send(purpose, step, query);
}

void Executor::send_all_prepared(Purpose purpose, std::size_t step,
                                 const std::vector<Query>& queries) {
  for (const Query& query : queries) send_prepared(purpose, step, query);
}

void Executor::make_room() {
  if (bytes_in_flight_ < max_bytes_in_flight && in_flight_.size() < max_statements_in_flight)
    return;
  session_.flush();
  while (bytes_in_flight_ > max_bytes_in_flight / 2 ||
         in_flight_.size() > max_statements_in_flight / 2) {
    receive_one();
  }
}

void Executor::wait_until_answered() {
  session_.flush();
  while (!in_flight_.empty()) receive_one();
}

void Executor::end_pipeline() {
  session_.sync();
  in_flight_.push_back({.purpose = Purpose::sync});
  while (!in_flight_.empty()) receive_one();
}

void Executor::sync() {
  end_pipeline();
  group_.flush();
}

}  // namespace pgtide::engine
