#include "ports/ask.hpp"

#include <optional>

#include "pgtide/error.hpp"

namespace pgtide::ports {
namespace {

RowValues exchange(Session& session, const std::vector<Query>& queries, Rows rows) {
  for (const Query& query : queries) session.send(query, rows);
  session.sync();
  RowValues values;
  std::optional<ServerMessage> error;
  while (session.outstanding() > 0) {
    auto outcome = session.next(std::chrono::milliseconds(1000));
    if (!outcome) continue;
    if (outcome->status == OutcomeStatus::failed && !error) error = outcome->error;
    if (outcome->status == OutcomeStatus::ok) values = std::move(outcome->values);
  }
  if (error) {
    throw Error(ErrorKind::environment, error->message, error->hint)
        .with_sqlstate(error->sqlstate, error->detail);
  }
  return values;
}

}  // namespace

RowValues ask(Session& session, const Query& query) {
  return exchange(session, {own_settings(), query}, Rows::keep);
}

void tell(Session& session, const std::vector<Query>& queries) {
  exchange(session, queries, Rows::discard);
}

}  // namespace pgtide::ports
