// What is asked about the statements of a script, apart from what they do.
#include "engine/stepwise.hpp"

namespace pgtide::engine {
namespace {

constexpr const char* probe_savepoint = "pgtide_probe";

}  // namespace

void Stepwise::probe_start() {
  if (!probing()) return;
  options_.probe->transaction_begins();
  ask_probe_apart(options_.probe->before_script(*step_));
  options_.probe->follow_up();
}

void Stepwise::probe_end() {
  if (probing()) ask_probe_apart(options_.probe->after_script());
}

// Begins the transaction of an ordinary statement, unless the script has begun it.
void Stepwise::begin_probed(const sql::Statement& statement) {
  if (!in_block_) {
    options_.probe->transaction_begins();
    must({{{"BEGIN"}}});
  }
  ask_probe(options_.probe->before(statement));
  ask_probe(options_.probe->follow_up());
}

void Stepwise::probe_after(const sql::Statement& statement) {
  if (probing()) ask_probe(options_.probe->after(statement));
}

void Stepwise::probe_before_alone(const sql::Statement& statement) {
  if (!probing()) return;
  ask_probe_apart(options_.probe->before(statement));
  ask_probe_apart(options_.probe->follow_up());
}

void Stepwise::probe_after_alone(const sql::Statement& statement) {
  if (probing()) ask_probe_apart(options_.probe->after_alone(statement));
}

// The script's own settings hold again behind it.
void Stepwise::ask_probe(const std::vector<Query>& queries) {
  if (queries.empty()) return;
  const auto tell = [&](const std::vector<Query>& own) {
    Parts parts;
    for (const Query& query : own) parts.push_back({query});
    must(parts);
  };
  tell(begin_own(probe_savepoint));
  for (const Query& query : queries) {
    options_.probe->on_rows(must({{query}}, ports::Rows::keep).values);
  }
  tell(end_own(probe_savepoint));
}

// In a transaction of its own, which the script's timeout does not end.
void Stepwise::ask_probe_apart(const std::vector<Query>& queries) {
  if (queries.empty()) return;
  must(transaction({}));
  ask_probe(queries);
  must({{{"COMMIT"}}});
}

}  // namespace pgtide::engine
