// Statements that drop an object.
#include <algorithm>
#include <iterator>

#include "schema/undo_parts.hpp"

namespace pgtide::schema {

bool is_written(const LiveObject& object) {
  static constexpr std::string_view kinds[] = {
      "schema",      "extension",         "enum",          "domain",
      "range",       "composite type",    "sequence",      "table",
      "column",      "constraint",        "index",         "statistics",
      "view",        "materialized view", "function",      "procedure",
      "aggregate",   "trigger",           "rule",          "policy",
      "publication", "published table",   "event trigger", "cast",
      "collation",   "published schema",  "operator",      "operator family",
      "conversion"};
  return std::ranges::find(kinds, object.kind) != std::end(kinds) ||
         (object.kind == "base type" && value_of(object, "definition").empty());
}

bool is_only_granted(const LiveObject& object) {
  return object.kind == "default privileges" || object.kind.starts_with("rights on ");
}

std::string drop_statement(const LiveObject& object) {
  if (object.kind == "column") {
    const bool of_type = object.parents.front().kind == "composite type";
    return (of_type ? "ALTER TYPE " : "ALTER TABLE ") + parent_of(object) +
           (of_type ? " DROP ATTRIBUTE " : " DROP COLUMN ") + own_name(object);
  }
  if (object.kind == "constraint") {
    const bool domain = object.parents.front().kind == "domain";
    return (domain ? "ALTER DOMAIN " : "ALTER TABLE ") + parent_of(object) + " DROP CONSTRAINT " +
           own_name(object);
  }
  if (object.kind == "published table") {
    return "ALTER PUBLICATION " + parent_of(object) + " DROP TABLE " + own_name(object);
  }
  if (object.kind == "published schema") {
    return "ALTER PUBLICATION " + parent_of(object) + " DROP TABLES IN SCHEMA " + own_name(object);
  }
  if (object.kind == "user mapping") {
    return "DROP USER MAPPING FOR " + own_name(object) + " SERVER " + parent_of(object);
  }
  const bool only_said = is_only_granted(object) || object.kind.ends_with(" setting");
  if (only_said) return "";
  return "DROP " + target(object);
}

}  // namespace pgtide::schema
