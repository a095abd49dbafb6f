#include "engine/ask.hpp"

#include <optional>

#include "pgtide/error.hpp"

namespace pgtide::engine {
namespace {

RowValues exchange(ports::Session& session, const std::vector<Query>& queries, ports::Rows rows) {
  for (const Query& query : queries) session.send(query, rows);
  session.sync();
  RowValues values;
  std::optional<ports::ServerMessage> error;
  while (session.outstanding() > 0) {
    auto outcome = session.next(std::chrono::milliseconds(1000));
    if (!outcome) continue;
    if (outcome->status == ports::OutcomeStatus::failed && !error) error = outcome->error;
    if (outcome->status == ports::OutcomeStatus::ok) values = std::move(outcome->values);
  }
  if (error) {
    throw Error(ErrorKind::environment, error->message, error->hint)
        .with_sqlstate(error->sqlstate, error->detail);
  }
  return values;
}

}  // namespace

RowValues ask(ports::Session& session, const Query& query) {
  return exchange(session, {query}, ports::Rows::keep);
}

void tell(ports::Session& session, const std::vector<Query>& queries) {
  exchange(session, queries, ports::Rows::discard);
}

}  // namespace pgtide::engine
