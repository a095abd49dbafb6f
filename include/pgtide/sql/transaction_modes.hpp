// The modes of a transaction: isolation level, read only, deferrable.
#pragma once

#include <optional>
#include <string>

#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

enum class Isolation { read_committed, repeatable_read, serializable };  // from weak to strong

struct TransactionModes {
  std::optional<Isolation> isolation;
  std::optional<bool> read_only;
  std::optional<bool> deferrable;

  friend bool operator==(const TransactionModes&, const TransactionModes&) = default;
};

// `BEGIN ISOLATION LEVEL SERIALIZABLE`, …; READ ONLY is left out: the ledger is written in the same
// transaction.
std::string begin_statement(const TransactionModes& modes);

// What a script says of its transaction before anything in it takes a snapshot. pgtide's own
// statements stand before the script and take one, so it must be said with BEGIN.
class LeadingModes {
 public:
  // To be called for every statement in turn. What `statement` says of the transaction that it
  // stands in, or begins: such a statement is not sent. SET SESSION CHARACTERISTICS and its like
  // are counted in modes() as well, but sent.
  std::optional<TransactionModes> take(const Statement& statement);
  const TransactionModes& modes() const { return modes_; }

 private:
  TransactionModes modes_;
  bool over_ = false;
};

// Whether `statement` is SET TRANSACTION, or SET of a setting that does the same.
bool sets_transaction(const Statement& statement);

}  // namespace pgtide::sql
