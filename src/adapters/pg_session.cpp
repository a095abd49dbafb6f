#include "adapters/pg_session.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <vector>

#include "adapters/pg_connection.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

using std::chrono::milliseconds;

// A cancel that arrives between two statements is lost, so it is repeated until the pipeline is
// empty.
constexpr milliseconds cancel_interval{250};
constexpr milliseconds wait_slice{100};
constexpr std::size_t copy_buffer = std::size_t{1} << 18;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::size_t number(const std::string& text) {
  return text.empty() ? 0 : static_cast<std::size_t>(std::strtoul(text.c_str(), nullptr, 10));
}

std::optional<std::uint64_t> rows_touched(PGresult* result) {
  const char* text = PQcmdTuples(result);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

std::vector<std::vector<Param>> values_of(const PGresult* result) {
  std::vector<std::vector<Param>> rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    std::vector<Param>& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      values.push_back(PQgetisnull(result, row, column) ? Param()
                                                        : Param(PQgetvalue(result, row, column)));
    }
  }
  return rows;
}

std::vector<const char*> c_strings(const std::vector<Param>& params) {
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
  return values;
}

}  // namespace

ports::ServerMessage server_message(const PGresult* result) {
  ports::ServerMessage message;
  message.severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  message.sqlstate = field(result, PG_DIAG_SQLSTATE);
  message.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  message.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  message.hint = field(result, PG_DIAG_MESSAGE_HINT);
  message.context = field(result, PG_DIAG_CONTEXT);
  message.position = number(field(result, PG_DIAG_STATEMENT_POSITION));
  message.internal_position = number(field(result, PG_DIAG_INTERNAL_POSITION));
  message.internal_query = field(result, PG_DIAG_INTERNAL_QUERY);
  message.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  return message;
}

PgSession::PgSession(PGconn* connection, const ports::Interrupt& interrupt)
    : connection_(connection), interrupt_(interrupt), cancel_(std::make_shared<Cancel>()) {
  PQsetNoticeReceiver(
      connection_,
      [](void* self, const PGresult* result) {
        const auto& handler = static_cast<PgSession*>(self)->notice_handler_;
        if (handler) handler(server_message(result));
      },
      this);
}

PgSession::~PgSession() {
  PQsetNoticeReceiver(
      connection_, [](void*, const PGresult*) {}, nullptr);
}

void PgSession::lost() const {
  if (connections_are_cut_off()) {
    throw ports::ConnectionLost(
        ErrorKind::environment, "stopped, and the server gave no answer any more",
        "what was not confirmed may or may not be committed; `pgtide status` tells");
  }
  throw ports::ConnectionLost(
      ErrorKind::environment, "the connection to the server was lost: " + reason_of(connection_),
      "what was not confirmed may or may not be committed; `pgtide status` tells");
}

void PgSession::enter_pipeline() {
  if (PQpipelineStatus(connection_) != PQ_PIPELINE_OFF) return;
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1) lost();
  cancelled_at_.reset();
}

void PgSession::leave_pipeline() {
  if (PQexitPipelineMode(connection_) != 1 || PQsetnonblocking(connection_, 0) != 0) lost();
}

// `sent` is what libpq answered to the request to send.
void PgSession::expect(int sent, ports::Rows rows) {
  if (sent != 1) lost();
  expected_.push_back(rows == ports::Rows::keep ? Expected::rows_kept : Expected::rows_discarded);
}

void PgSession::send(const Query& query, ports::Rows rows) {
  enter_pipeline();
  const std::vector<const char*> values = c_strings(query.params);
  expect(PQsendQueryParams(connection_, query.sql.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0),
         rows);
}

void PgSession::prepare(const std::string& name, const std::string& sql) {
  enter_pipeline();
  expect(PQsendPrepare(connection_, name.c_str(), sql.c_str(), 0, nullptr), ports::Rows::discard);
}

void PgSession::execute(const std::string& name, const std::vector<Param>& params,
                        ports::Rows rows) {
  enter_pipeline();
  const std::vector<const char*> values = c_strings(params);
  expect(PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()),
                             values.data(), nullptr, nullptr, 0),
         rows);
}

void PgSession::flush() {
  if (expected_.empty()) return;
  if (PQsendFlushRequest(connection_) != 1 || PQflush(connection_) < 0) lost();
}

void PgSession::sync() {
  enter_pipeline();
  if (PQpipelineSync(connection_) != 1 || PQflush(connection_) < 0) lost();
  expected_.push_back(Expected::sync);
}

std::optional<ports::Outcome> PgSession::next(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!expected_.empty()) {
    cancel_if_interrupted();
    if (auto outcome = take_available()) return outcome;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 && patience.count() > 0) return std::nullopt;
    wait_for_input(std::max(left, milliseconds(0)));
    if (patience.count() == 0) return take_available();
  }
  return std::nullopt;
}

// What libpq has read already; never waits.
std::optional<ports::Outcome> PgSession::take_available() {
  while (!expected_.empty()) {
    if (expected_.front() == Expected::rows_discarded && !row_mode_asked_) {
      // Rows that nobody reads must not pile up in memory.
      row_mode_asked_ = true;
      PQsetSingleRowMode(connection_);
    }
    if (PQisBusy(connection_) != 0) return std::nullopt;
    const Result result(PQgetResult(connection_));
    if (result == nullptr) {
      if (!has_result_) {
        if (is_lost(connection_)) lost();
        continue;  // the end of the statement before
      }
      return finish_statement();
    }
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      expected_.pop_front();
      ports::Outcome outcome;
      outcome.status = ports::OutcomeStatus::synced;
      if (expected_.empty()) leave_pipeline();
      return outcome;
    }
    collect(result.get());
  }
  return std::nullopt;
}

void PgSession::collect(const PGresult* result) {
  has_result_ = true;
  note_answer();
  switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
      return;
    case PGRES_PIPELINE_ABORTED:
      building_.status = ports::OutcomeStatus::skipped;
      return;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
      if (is_lost(connection_)) lost();
      building_.status = ports::OutcomeStatus::failed;
      building_.error = server_message(result);
      return;
    default:
      building_.tag = PQcmdStatus(const_cast<PGresult*>(result));
      building_.rows = rows_touched(const_cast<PGresult*>(result));
      if (expected_.front() == Expected::rows_kept) building_.values = values_of(result);
  }
}

ports::Outcome PgSession::finish_statement() {
  expected_.pop_front();
  has_result_ = false;
  row_mode_asked_ = false;
  return std::exchange(building_, {});
}

void PgSession::wait_for_input(milliseconds patience) {
  const int unsent = PQflush(connection_);
  if (unsent < 0) lost();
  const bool watch_interrupt = interrupt_.wait_fd() >= 0 && interrupt_.signal() == 0;
  pollfd fds[2] = {
      {PQsocket(connection_), static_cast<short>(POLLIN | (unsent > 0 ? POLLOUT : 0)), 0},
      {interrupt_.wait_fd(), POLLIN, 0}};
  const int ready = poll(fds, watch_interrupt ? 2 : 1, static_cast<int>(patience.count()));
  if (ready < 0 && errno != EINTR) lost();
  if (ready > 0 && fds[0].revents != 0 && PQconsumeInput(connection_) != 1) {
    // What the server sent before it went away is still worth reading.
    if (PQisBusy(connection_) != 0) lost();
  }
}

void PgSession::cancel_if_interrupted() {
  if (on_interrupt_ != OnInterrupt::cancel_statement || interrupt_.signal() == 0) return;
  if (cancelled_at_ && Clock::now() - *cancelled_at_ < cancel_interval) return;
  cancelled_at_ = Clock::now();
  cancel_->ask(connection_);  // best effort: it is repeated, and a second signal ends the program
}

// As PQgetResult, but an interrupt cancels what the server is doing.
PGresult* PgSession::wait_for_result(const std::function<void()>& while_waiting) {
  while (true) {
    cancel_if_interrupted();
    if (PQisBusy(connection_) == 0) return PQgetResult(connection_);
    wait_for_input(wait_slice);
    while_waiting();
  }
}

ports::Outcome PgSession::copy_in(const std::string& sql,
                                  const std::function<std::optional<std::string_view>()>& data,
                                  const std::function<void()>& while_waiting) {
  cancelled_at_.reset();
  if (PQsetnonblocking(connection_, 1) != 0 || PQsendQuery(connection_, sql.c_str()) != 1) lost();
  ports::Outcome outcome = end_of_copy(while_waiting);  // of the statement, before its data
  std::exception_ptr unreadable;
  if (server_wants_data_) {
    unreadable = put_copy_data(data, while_waiting);
    outcome = end_of_copy(while_waiting);
  }
  if (PQsetnonblocking(connection_, 0) != 0) lost();
  if (unreadable) std::rethrow_exception(unreadable);
  return outcome;
}

// What `data` threw, once the server knows that there is no more.
std::exception_ptr PgSession::put_copy_data(
    const std::function<std::optional<std::string_view>()>& data,
    const std::function<void()>& while_waiting) {
  const auto interrupted = [this] {
    return on_interrupt_ == OnInterrupt::cancel_statement && interrupt_.signal() != 0;
  };
  std::exception_ptr unreadable;
  const auto next_piece = [&]() -> std::optional<std::string_view> {
    if (interrupted()) return std::nullopt;
    try {
      return data();
    } catch (...) {
      unreadable = std::current_exception();
      return std::nullopt;
    }
  };
  std::size_t unsent = 0;
  while (const auto piece = next_piece()) {
    if (PQputCopyData(connection_, piece->data(), static_cast<int>(piece->size())) != 1) lost();
    unsent += piece->size();
    if (unsent < copy_buffer) continue;
    // libpq would take everything and let its buffer grow.
    while (!interrupted() && PQflush(connection_) > 0) {
      wait_for_input(wait_slice);
      while_waiting();
    }
    unsent = 0;
  }
  const char* const cut_off = unreadable ? "no more data" : interrupted() ? "interrupted" : nullptr;
  if (PQputCopyEnd(connection_, cut_off) != 1) lost();
  return unreadable;
}

// Reads results to the end, or until the server asks for data.
ports::Outcome PgSession::end_of_copy(const std::function<void()>& while_waiting) {
  ports::Outcome outcome;
  server_wants_data_ = false;
  while (const Result result{wait_for_result(while_waiting)}) {
    switch (PQresultStatus(result.get())) {
      case PGRES_COPY_IN:
        server_wants_data_ = true;
        return outcome;
      case PGRES_COMMAND_OK:
        outcome.tag = PQcmdStatus(result.get());
        outcome.rows = rows_touched(result.get());
        break;
      default:
        if (is_lost(connection_)) lost();
        outcome.status = ports::OutcomeStatus::failed;
        outcome.error = server_message(result.get());
    }
  }
  return outcome;
}

}  // namespace pgtide::adapters
