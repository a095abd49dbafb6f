// BEGIN and COMMIT in a script: which belong together, and which cannot be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// `where.file` of the problems is left to the caller.
class TransactionBlocks {
 public:
  // Transaction control; SAVEPOINT and its like are not.
  static bool controls(const Statement& statement);
  // `statement` does, and begins on `source_line`.
  void add(const Statement& statement, const std::string& source_line);
  // `words` sets modes of a transaction that runs already, once blocks are absorbed.
  void lose_modes(const std::string& words, const Position& at, const std::string& source_line);
  // After the last statement.
  void finish();

  // Between BEGIN and COMMIT.
  bool inside() const { return open_.has_value(); }
  // The number of the block that we are in, or were in last.
  std::size_t number() const { return blocks_; }
  // How many BEGINs and COMMITs there were.
  std::size_t statements() const { return statements_; }

  // Wrong in every script.
  const std::vector<Problem>& problems() const { return problems_; }
  // Wrong in a script that runs in a transaction of pgtide's own, and what is worth saying there.
  const std::vector<Problem>& problems_when_absorbed() const { return problems_when_absorbed_; }
  const std::vector<Problem>& notices_when_absorbed() const { return notices_when_absorbed_; }

 private:
  struct Open {
    Position at;
    std::string words;
    std::string source_line;
  };
  void begin(const Statement& statement, const std::string& source_line);
  void commit(const Statement& statement, const std::string& source_line);

  std::optional<Open> open_;
  std::size_t blocks_ = 0;
  std::size_t surplus_ = 0;  // BEGINs inside a block, whose COMMITs are not another mistake
  std::size_t statements_ = 0;
  std::vector<Problem> problems_;
  std::vector<Problem> problems_when_absorbed_;
  std::vector<Problem> notices_when_absorbed_;
};

}  // namespace pgtide::sql
