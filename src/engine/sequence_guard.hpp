// The sequences of a database that is in use, around a dry run: setval() outlives its rollback.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/session_sql.hpp"
#include "pgtide/error.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/query.hpp"
#include "pgtide/sql/statement.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {

// Puts back what was moved back, and never moves a sequence back over numbers that others took
// meanwhile: a sequence that is further than it was stays there, and is named, unless it numbers
// the rows of pgtide's own tables. What ALTER SEQUENCE, TRUNCATE … RESTART IDENTITY and DROP do the
// server takes back by itself.
class SequenceGuard {
 public:
  // As the role of the scripts, in `settings`.
  SequenceGuard(ports::Session& session, const SessionSettings& settings, LedgerNames own);

  // Outside a transaction. Reads no sequence that the role may not read; does not throw when the
  // server refuses, but says so in the end.
  void begin();

  // What to ask right before a statement that may call setval(), inside its transaction; its
  // rows go to note(). Others may have gone on since begin().
  static bool may_set(const sql::Statement& statement);
  Query positions_in(const sql::Statement& statement) const;
  void note(const std::vector<std::vector<Param>>& rows);

  // Outside a transaction, after the rollback. What was put back, and what was not.
  std::vector<Problem> finish();

 private:
  struct Position {
    std::string last;        // a number
    bool was_given = false;  // false: it is the next one to be given out
  };
  struct Sequence {
    std::string name;  // qualified and quoted
    std::string file;  // another one after ALTER SEQUENCE … RESTART
    Position at;
    bool descends = false;
    bool cycles = false;
    bool can_be_set = false;
    bool is_own = false;  // every run takes numbers of those
  };
  using Sequences = std::map<std::string, Sequence>;  // by oid

  ports::RowValues ask_briefly(const Query& query);
  Sequences read();
  void read_positions(Sequences& sequences);
  Problem settle(const std::string& oid, const Sequence& was, const Sequence& now);
  bool put_back(const std::string& oid, const Sequence& was);
  // Whether `b` is further than `a`.
  static bool is_further(const Sequence& of, const Position& a, const Position& b);

  ports::Session& session_;
  std::vector<Query> begin_;
  LedgerNames own_;
  Sequences before_;
  std::string unknown_;  // why nothing is known
};

}  // namespace pgtide::engine
