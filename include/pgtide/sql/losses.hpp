// What a statement says it takes away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide::sql {

// Names as the server keeps them: folded, without quotes.
struct Victim {
  std::string schema;  // empty: found through search_path
  std::string table;   // empty: every table of the schema
  std::string column;  // empty: the whole table

  friend bool operator==(const Victim&, const Victim&) = default;
};

// The tables, columns and schemas that DROP TABLE, DROP SCHEMA, TRUNCATE, a DELETE of every row and
// ALTER TABLE … DROP COLUMN name. What CASCADE takes along is not among them.
std::vector<Victim> losses_of(std::string_view statement);

}  // namespace pgtide::sql
