// What the statements of a script did, as measured while they ran.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/error.hpp"

namespace pgtide {

// Weakest first.
enum class LockMode {
  access_share,
  row_share,
  row_exclusive,
  share_update_exclusive,
  share,
  share_row_exclusive,
  exclusive,
  access_exclusive
};

// A lock that a statement took, and that its transaction keeps to the end.
struct LockTrace {
  LockMode mode = LockMode::access_share;
  std::string object;    // `public.users`, quoted where SQL needs it
  std::string kind;      // `table`, `index`, …
  bool measured = true;  // false: known from what changed; the transaction held a stronger one,
                         // or the lock was gone with its statement
};

// What others cannot do meanwhile. Every lock blocks ALTER TABLE and DROP, which want
// access_exclusive.
bool blocks_reads(LockMode mode);
bool blocks_writes(LockMode mode);
std::string_view to_string(LockMode mode);

// Whether a table holds rows where this was measured.
enum class Filling { unknown, empty, filled };

enum class ChangeKind {
  table_dropped,
  table_emptied,  // TRUNCATE
  table_renamed,
  table_rewritten,
  column_added,
  column_dropped,
  column_renamed,
  column_retyped,
  column_required,  // NOT NULL was added
  index_built,
  index_rebuilt,
  index_dropped,
  constraint_added,
  constraint_validated
};

enum class ConstraintKind { check, foreign_key, unique, primary_key, exclusion };

// Something that a statement changed of a table that was there before its migration began.
struct Change {
  ChangeKind kind = ChangeKind::table_rewritten;
  std::string table;   // `public.users`; before a rename
  std::string part;    // the column, index or constraint; empty when it is the table itself
  std::string before;  // a name or a type
  std::string after;
  Filling filling = Filling::unknown;  // of the table; before the statement, where it lost its rows
  std::optional<std::uint64_t> lost;   // rows of a table, values that are not null of a column
  bool lost_is_estimate = false;
  ConstraintKind constraint = ConstraintKind::check;
  bool checked = true;        // of a constraint: existing rows were checked
  bool required = false;      // of an added column: NOT NULL
  bool proven = false;        // no row had to be looked at: a check proves NOT NULL, an index that
                              // was there the constraint, a default fills an added column;
                              // of a renamed table: its old name stands for something again
  std::string referenced;     // of a foreign key: the other table
  bool online = false;        // readers and writers went on meanwhile
  std::string relation_kind;  // `table`, `partitioned table`, `materialized view`
};

struct RowsTrace {
  std::string table;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t deleted = 0;
  bool existed = true;  // before the migration began
};

struct StatementTrace {
  ScriptPosition where;
  std::string source_line;
  std::string command;  // `ALTER TABLE`
  std::vector<LockTrace> locks;
  std::vector<Change> changes;
  std::vector<RowsTrace> rows;
  std::uint64_t wal_bytes = 0;   // of the whole server meanwhile
  std::int64_t duration_us = 0;  // on the server
  std::size_t transaction = 0;   // locks are held to its end; 0 unless a script runs in several
  std::size_t times = 1;         // that it ran: a batch runs in many transactions
};

// Adds what a statement did when it ran again.
void add_to(StatementTrace& trace, StatementTrace again);

}  // namespace pgtide
