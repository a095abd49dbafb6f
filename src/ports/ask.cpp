#include "ports/ask.hpp"

#include <optional>

#include "pgtide/error.hpp"

namespace pgtide::ports {
namespace {

// The rows of the last statement that had some.
RowValues answers(Session& session) {
  session.sync();
  RowValues values;
  std::optional<ServerMessage> error;
  while (session.outstanding() > 0) {
    auto outcome = session.next(std::chrono::milliseconds(1000));
    if (!outcome) continue;
    if (outcome->status == OutcomeStatus::failed && !error) error = outcome->error;
    if (outcome->status != OutcomeStatus::ok || outcome->values.empty()) continue;
    values = std::move(outcome->values);
  }
  if (error) {
    throw Error(ErrorKind::environment, error->message, error->hint)
        .with_sqlstate(error->sqlstate, error->detail);
  }
  return values;
}

}  // namespace

RowValues ask(Session& session, const Query& query) {
  session.send(own_settings());
  session.send(query, Rows::keep);
  return answers(session);
}

void tell(Session& session, const std::vector<Query>& queries) {
  for (const Query& query : queries) session.send(query);
  answers(session);
}

RowValues ask_apart(Session& session, const std::vector<Query>& begin, const Query& query) {
  for (const Query& one : begin) session.send(one);
  session.send(query, Rows::keep);
  session.send({"ROLLBACK"});
  try {
    return answers(session);
  } catch (const ConnectionLost&) {
    throw;
  } catch (const Error&) {
    tell(session, {{"ROLLBACK"}});  // the one before was skipped
    throw;
  }
}

}  // namespace pgtide::ports
