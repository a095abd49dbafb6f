// What is asked of the server around the statements of a script, to see what each one does.
#pragma once

#include <vector>

#include "pgtide/plan.hpp"
#include "pgtide/query.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {

// The queries travel in the script's own pipeline and transaction, as the script's role and with
// its settings: they name everything with its schema, change nothing, and must not fail. For each
// of them on_rows() is called, in the order in which they were sent; not for those behind a
// statement that failed.
class StatementProbe {
 public:
  virtual ~StatementProbe() = default;
  virtual std::vector<Query> before_script(const Step& step) = 0;
  // A new transaction holds nothing of what the one before it held.
  virtual void transaction_begins() = 0;
  virtual std::vector<Query> before(const sql::Statement& statement) = 0;
  virtual std::vector<Query> follow_up() = 0;
  virtual std::vector<Query> after(const sql::Statement& statement) = 0;
  // The same of a statement that ran outside a transaction.
  virtual std::vector<Query> after_alone(const sql::Statement& statement) = 0;
  virtual std::vector<Query> after_script() = 0;
  virtual void on_rows(const std::vector<std::vector<Param>>& rows) = 0;
};

}  // namespace pgtide::engine
