// One session with a PostgreSQL server, as the engine needs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/ports/interrupt.hpp"
#include "pgtide/query.hpp"

namespace pgtide::ports {

// An error or a notice from the server. Positions are in characters from 1, 0 when there is none.
struct ServerMessage {
  std::string severity;  // ERROR, WARNING, NOTICE, …
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::string context;
  std::size_t position = 0;           // in the statement that was sent
  std::size_t internal_position = 0;  // in `internal_query`
  std::string internal_query;
  std::string constraint;  // name of the constraint that was violated
};

enum class OutcomeStatus {
  ok,
  failed,   // the server refused this statement; everything up to the next sync is skipped
  skipped,  // an earlier statement since the last sync failed
  synced    // the answer to sync(): the pipeline works again
};

struct Outcome {
  OutcomeStatus status = OutcomeStatus::ok;
  std::string tag;  // `INSERT 0 3`
  std::optional<std::uint64_t>
      rows;  // that the statement inserted, updated, deleted, selected or copied
  std::vector<std::vector<Param>> values;  // with Rows::keep only
  ServerMessage error;                     // of a failed one
};

enum class Rows { discard, keep };

// The server, or the network to it, is gone.
class ConnectionLost : public Error {
 public:
  using Error::Error;
};

// A pipeline: statements go out without waiting, outcomes come back in order, one for each send(),
// prepare(), execute() and sync(). After a failed statement the server skips everything up to the
// next sync(); nothing that was sent behind a failure runs. Every function throws
// Error(environment) when the connection is lost; the session cannot be used afterwards.
class Session {
 public:
  using NoticeHandler = std::function<void(const ServerMessage&)>;

  virtual ~Session() = default;

  // Queues a statement. Never waits for its outcome; may wait until the network takes the bytes.
  virtual void send(const Query& query, Rows rows = Rows::discard) = 0;
  // Has the server parse a statement once, for execute(); one outcome. It lasts until the session
  // ends or a DEALLOCATE. Named statements outlive transactions: not for a pooled connection.
  virtual void prepare(const std::string& name, const std::string& sql) = 0;
  // As send(), of a prepared statement.
  virtual void execute(const std::string& name, const std::vector<Param>& params,
                       Rows rows = Rows::discard) = 0;
  // Asks the server to send what it has finished so far. Without it or a sync outcomes may stay in
  // the server's buffer.
  virtual void flush() = 0;
  virtual void sync() = 0;
  // The oldest outstanding outcome; nullopt when it did not arrive within `patience` (0: only what
  // is there already). While an interrupt is pending and armed (see cancel_on_interrupt), the
  // running statement is cancelled.
  virtual std::optional<Outcome> next(std::chrono::milliseconds patience) = 0;
  // Outcomes that are still to come.
  virtual std::size_t outstanding() const = 0;

  // COPY … FROM STDIN. Only with nothing outstanding. `data` gives the next piece, nullopt at the
  // end; what it throws comes out once the COPY has failed in order. `while_waiting` is called
  // about ten times a second.
  virtual Outcome copy_in(const std::string& sql,
                          const std::function<std::optional<std::string_view>()>& data,
                          const std::function<void()>& while_waiting) = 0;

  // Notices belong to the oldest outstanding statement at the moment of the call.
  virtual void on_notice(NoticeHandler handler) = 0;

  enum class OnInterrupt { cancel_statement, carry_on };
  virtual void set_on_interrupt(OnInterrupt behaviour) = 0;
};

}  // namespace pgtide::ports
