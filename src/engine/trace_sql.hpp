// The questions of a trace. Pure. They name everything with its schema, take no lock on a script's
// objects beyond what the script holds itself, and work on PostgreSQL 13 and newer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pgtide/query.hpp"
#include "pgtide/sql/losses.hpp"

namespace pgtide::engine::trace_sql {

using Oid = std::uint32_t;

// Objects are told apart by the highest object id that there was.
struct Age {
  Oid before_run = 0;   // later ones belong to this transaction, so their locks tell nothing
  Oid before_step = 0;  // later ones belong to this migration
};

// Where a transaction's changes begin.
enum class Since { savepoint, transaction };

// Each row starts with its kind; Rows below names the columns.

// `mark`: microseconds, bytes of WAL written by the server
Query mark();
// `counter`: rows that the session has counted of a table before; the server tells some of earlier
// transactions as if they were of this one.
Query counters();
// Every relation, column and constraint, and `newest`: the highest object id.
Query everything();
// With sizes instead of statistics; waits for whoever has a table locked from everybody.
Query everything_in_size();
// The same of what is newer than `age.before_step`.
Query created(const Age& age);

enum class Depth { locks, locks_and_rows, everything };
// What changed of the objects that `age` calls older than the step, as far as the transaction
// changed them:
//   lock, gone, rows, size; with Depth::everything also relation, column, constraint
Query changes(const Age& age, Since since, Depth depth);

// `victim`: id, schema, table, column, bytes, rows as the planner has them, which of `victims` it
// is; with partitions and children
Query find(const std::vector<sql::Victim>& victims);

struct Counted {
  Oid id = 0;
  std::string schema;
  std::string table;
  std::string column;
};
// `lost`: id, column, how many
Query count(const std::vector<Counted>& tables);

}  // namespace pgtide::engine::trace_sql
