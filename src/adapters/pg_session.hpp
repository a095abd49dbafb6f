// Session over libpq's pipeline mode.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "adapters/cancel.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::adapters {

// Uses a connection that somebody else owns. Between a sync and the next send the connection is in
// its ordinary mode, so that its owner may use it.
class PgSession final : public ports::Session {
 public:
  PgSession(PGconn* connection, const ports::Interrupt& interrupt);
  ~PgSession() override;
  PgSession(const PgSession&) = delete;
  PgSession& operator=(const PgSession&) = delete;

  void send(const Query& query, ports::Rows rows) override;
  void prepare(const std::string& name, const std::string& sql) override;
  void execute(const std::string& name, const std::vector<Param>& params,
               ports::Rows rows) override;
  void flush() override;
  void sync() override;
  std::optional<ports::Outcome> next(std::chrono::milliseconds patience) override;
  std::size_t outstanding() const override { return expected_.size(); }
  ports::Outcome copy_in(const std::string& sql,
                         const std::function<std::optional<std::string_view>()>& data,
                         const std::function<void()>& while_waiting) override;
  void on_notice(NoticeHandler handler) override { notice_handler_ = std::move(handler); }
  void set_on_interrupt(OnInterrupt behaviour) override { on_interrupt_ = behaviour; }

 private:
  enum class Expected { rows_kept, rows_discarded, sync };
  using Clock = std::chrono::steady_clock;

  void expect(int sent, ports::Rows rows);
  void enter_pipeline();
  void leave_pipeline();
  std::optional<ports::Outcome> take_available();
  void collect(const PGresult* result);
  ports::Outcome finish_statement();
  void wait_for_input(std::chrono::milliseconds patience);
  void cancel_if_interrupted();
  PGresult* wait_for_result(const std::function<void()>& while_waiting);
  std::exception_ptr put_copy_data(const std::function<std::optional<std::string_view>()>& data,
                                   const std::function<void()>& while_waiting);
  ports::Outcome end_of_copy(const std::function<void()>& while_waiting);
  [[noreturn]] void lost() const;

  PGconn* connection_;
  const ports::Interrupt& interrupt_;
  NoticeHandler notice_handler_;
  OnInterrupt on_interrupt_ = OnInterrupt::carry_on;
  std::deque<Expected> expected_;
  ports::Outcome building_;         // of the oldest expected statement
  bool has_result_ = false;         // building_ holds something
  bool row_mode_asked_ = false;     // for the oldest expected statement
  bool server_wants_data_ = false;  // COPY … FROM STDIN
  std::optional<Clock::time_point> cancelled_at_;
  std::shared_ptr<Cancel> cancel_;
};

// The parts of an error or notice result.
ports::ServerMessage server_message(const PGresult* result);

}  // namespace pgtide::adapters
