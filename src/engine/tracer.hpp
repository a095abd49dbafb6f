// Watches what the statements of a transaction's scripts do.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/statement_probe.hpp"
#include "engine/trace_state.hpp"
#include "pgtide/trace.hpp"

namespace pgtide::engine {

enum class TraceDetail {
  risks,      // leaves out statements that cannot hold anybody up
  statements  // every statement, with its time and WAL
};

struct TracerOptions {
  LedgerNames names;
  TraceDetail detail = TraceDetail::risks;
};

// For scripts that run one after the other in one transaction, each in a savepoint of its own, or
// for one script that runs in several transactions. The database is read once, at the first of
// them.
class Tracer final : public StatementProbe {
 public:
  explicit Tracer(TracerOptions options) : options_(std::move(options)), state_(options_.names) {}

  std::vector<Query> before_script(const Step& step) override;
  void transaction_begins() override;
  std::vector<Query> before(const sql::Statement& statement) override;
  std::vector<Query> follow_up() override;
  std::vector<Query> after(const sql::Statement& statement) override;
  std::vector<Query> after_alone(const sql::Statement& statement) override;
  std::vector<Query> after_script() override;
  void on_rows(const AnswerRows& rows) override;

  // Script by script as they began; statements as far as the server answered.
  struct Script {
    Version version{1};
    std::vector<StatementTrace> statements;
  };
  std::deque<Script>& scripts() { return scripts_; }

 private:
  enum class Asked {
    begin,
    end,
    changes,
    alone,
    rest,
    objects,
    counters,
    victims,
    counts,
    nothing
  };
  enum class Next { nothing, start_step, count };

  void ask(std::vector<Query>& queries, Asked asked, Query query);
  void note_names_in_use();
  void note_mark(const AnswerRow& row, Asked asked);
  StatementTrace begun(const sql::Statement& statement) const;
  void keep(StatementTrace trace);

  TracerOptions options_;
  TraceState state_;
  std::deque<Asked> asked_;
  std::deque<StatementTrace> open_;  // sent, not answered
  std::deque<Script> scripts_;
  std::string path_;
  Next next_ = Next::nothing;
  std::vector<trace_sql::Counted> countable_;
  std::size_t transaction_ = 0;
  Meanwhile meanwhile_ = Meanwhile::others_wait;  // of the statement that ran alone
  trace_sql::Since since_ = trace_sql::Since::savepoint;
  std::int64_t begin_us_ = 0;
  std::uint64_t begin_wal_ = 0;
  bool has_timeout_ = false;  // the script may have set a statement_timeout too short for probes
};

}  // namespace pgtide::engine
