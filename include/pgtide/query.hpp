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

// `name` as an SQL identifier, always quoted.
std::string quote_identifier(const std::string& name);
// `text` as an SQL literal that is right whatever standard_conforming_strings says.
std::string quote_literal(const std::string& text);

}  // namespace pgtide
