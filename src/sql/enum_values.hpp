// ALTER TYPE … ADD VALUE, and the use of the new value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// PostgreSQL takes no new enum value in the transaction that added it, unless the type is new too.
// Whether a literal is that value would need the types of all columns; a heuristic stands in: an
// equal string literal in a later statement counts as a use. Bodies of DO blocks and of SQL
// functions are searched, because the server runs or checks them at once; bodies of other
// functions, comments, COMMENT ON, SET, GRANT, ALTER TYPE and COPY data are not.
class EnumValues {
 public:
  struct Use {
    Statement added;  // the ALTER TYPE … ADD VALUE
    std::string value;
    Position at;            // of the statement that uses it
    std::size_t block = 0;  // TransactionBlocks::number() of both; 0: not inside one and the same
  };

  // Looks at the statements of a script in order. `block`: the block it is in, 0 for none.
  void see(const Statement& statement, std::size_t block);
  // The first use of each new value.
  const std::vector<Use>& uses() const { return uses_; }

 private:
  struct Added {
    Statement statement;
    std::string value;
    std::size_t block = 0;
  };
  void find_uses(const Statement& statement, std::size_t block);

  std::vector<std::string> new_types_;
  std::vector<Added> added_;
  std::vector<Use> uses_;
};

}  // namespace pgtide::sql
