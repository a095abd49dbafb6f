// What a statement says it takes away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide::sql {

enum class Loss {
  gone,     // the table or the column
  emptied,  // the rows of the table
  replaced  // the values of a column, by ALTER … TYPE … USING something else
};

// Names as the server keeps them: folded, without quotes.
struct Victim {
  std::string schema;  // empty: found through search_path
  std::string table;   // empty: every table of the schema
  std::string column;  // empty: the whole table
  Loss loss = Loss::gone;
  bool may_be_missing = false;  // IF EXISTS

  friend bool operator==(const Victim&, const Victim&) = default;
};

// The tables, columns and schemas that DROP TABLE, DROP SCHEMA, TRUNCATE, a DELETE of every row
// (inside WITH, too), ALTER TABLE … DROP COLUMN and … TYPE … USING name. What CASCADE takes along
// is not among them.
std::vector<Victim> losses_of(std::string_view statement);

// Whether it may lose something that it does not name: CASCADE, DROP OWNED, MERGE, DO, CALL.
bool may_lose_more(std::string_view statement);

}  // namespace pgtide::sql
