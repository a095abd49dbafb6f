// A statement of pgtide's own, with its parameters.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pgtide {

using Param = std::optional<std::string>;  // text format; nullopt is NULL

struct Query {
  std::string sql;
  std::vector<Param> params = {};
};

// What holds while pgtide's own SQL runs, to the end of the transaction. Names of functions,
// operators and types are looked up in pg_catalog alone: another role may have made its own of the
// same name, and one that fits better is taken wherever it stands in the search_path
// (CVE-2018-1058). The rest would change what the server answers, or hide rows instead of refusing
// (row_security). This statement itself can be sent under any settings. It leaves `lock_timeout`
// alone.
Query own_settings();
// Statements for one message, which is one transaction, under own_settings(); only the last one's
// rows are the answer. Not for what cannot run inside a transaction.
std::string under_own_settings(const std::string& statements);

// `name` as an SQL identifier, always quoted.
std::string quote_identifier(const std::string& name);
// `text` as an SQL literal that is right whatever standard_conforming_strings says.
std::string quote_literal(const std::string& text);

}  // namespace pgtide
