#include "schema/undo_returning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pgtide::schema {
namespace {

void erase_attribute(LiveObject& object, std::string_view attribute) {
  std::erase_if(object.attributes, [&](const Attribute& one) { return one.name == attribute; });
}

// A default that gives each row a value of its own.
bool gives_each_its_own(const std::string& expression) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"nextval(", "uuid", "random("},
      [&](std::string_view word) { return expression.find(word) != expression.npos; });
}

bool fills_itself(const LiveObject& column) {
  return !value_of(column, "identity").empty() || !value_of(column, "generated").empty();
}

std::string add_constraint(const LiveObject& constraint) {
  return "ALTER TABLE " + parent_of(constraint) + " ADD CONSTRAINT " + own_name(constraint) + " " +
         value_of(constraint, "definition");
}

// Up to what happens to those that refer to a row, which no row can break.
std::string condition(const std::string& definition) {
  return definition.substr(
      0, std::min(definition.find(" ON UPDATE "), definition.find(" ON DELETE ")));
}

}  // namespace

Returning::Returning(const SnapshotIndex& was, std::set<const LiveObject*> columns)
    : was_(was), columns_(std::move(columns)) {}

// Alone in a key: the same value in two rows breaks it.
bool Returning::must_differ(const LiveObject& column) const {
  const LiveObject* table = was_.find("table", parent_of(column));
  if (table == nullptr) return false;
  const std::string alone = "(" + own_name(column) + ")";
  const auto is_key = [&](const LiveObject* object) {
    const std::string& definition = value_of(*object, "definition");
    const bool unique = definition.starts_with("PRIMARY KEY ") ||
                        definition.starts_with("UNIQUE ") ||
                        definition.starts_with("CREATE UNIQUE INDEX ");
    return unique && definition.find(alone) != definition.npos;
  };
  return std::ranges::any_of(was_.children(*table, "constraint"), is_key) ||
         std::ranges::any_of(was_.children(*table, "index"), is_key);
}

bool Returning::stays_empty(const LiveObject& column) const {
  if (!columns_.contains(&column) || fills_itself(column)) return false;
  const std::string& expression = value_of(column, "default");
  return expression.empty() || (must_differ(column) && !gives_each_its_own(expression));
}

Statements Returning::add(const LiveObject& column, std::vector<std::string>& losses) const {
  if (!stays_empty(column)) return create_statements(column, was_);
  LiveObject loose = column;
  erase_attribute(loose, "not null");
  erase_attribute(loose, "default");
  Statements out = create_statements(loose, was_);
  const std::string alter =
      "ALTER TABLE " + parent_of(column) + " ALTER COLUMN " + own_name(column);
  if (const std::string& expression = value_of(column, "default"); !expression.empty()) {
    out.push_back(alter + " SET DEFAULT " + expression);
  }
  if (!value_of(column, "not null").empty()) {
    losses.push_back(
        fmt::format("column {} comes back without NOT NULL, because a table that has "
                    "rows would refuse it: give each row a value, then run `{} SET NOT "
                    "NULL`",
                    column.identity, alter));
  }
  return out;
}

bool Returning::cannot_hold(const LiveObject& constraint) const {
  if (constraint.kind != "constraint") return false;
  const std::string& definition = value_of(constraint, "definition");
  return std::ranges::any_of(columns_, [&](const LiveObject* column) {
    if (!stays_empty(*column) || !mentions(definition, own_name(*column))) return false;
    const bool own = parent_of(constraint) == parent_of(*column);
    if (own && definition.starts_with("NOT NULL ")) return true;
    if (own && definition.starts_with("PRIMARY KEY ")) return true;
    // A key that is not there cannot be referred to.
    const std::size_t references = definition.find(" REFERENCES ");
    if (references == definition.npos || value_of(*column, "not null").empty()) return false;
    const std::string_view there = std::string_view(definition).substr(references);
    return mentions(there, parent_of(*column)) && mentions(there, own_name(*column));
  });
}

bool Returning::is_about_nothing(const LiveObject& object) const {
  const std::string& definition = value_of(object, "definition");
  const std::string own = definition.substr(0, definition.find(" REFERENCES "));
  return std::ranges::any_of(columns_, [&](const LiveObject* column) {
    return parent_of(*column) == parent_of(object) && stays_empty(*column) &&
           mentions(own, own_name(*column));
  });
}

void Returning::say_left_out(const LiveObject& constraint, std::vector<std::string>& losses) const {
  // The column says it.
  if (value_of(constraint, "definition").starts_with("NOT NULL ")) return;
  losses.push_back(fmt::format(
      "constraint {} does not come back, because rows have no values for it: give them some, then "
      "run `{}`",
      constraint.identity, add_constraint(constraint)));
}

void say_what_may_fail(const LiveObject& object, const LiveObject* now,
                       std::vector<std::string>& losses) {
  const std::string& definition = value_of(object, "definition");
  if (now != nullptr && condition(value_of(*now, "definition")) == condition(definition)) return;
  if (object.kind == "index" && definition.starts_with("CREATE UNIQUE ")) {
    losses.push_back(fmt::format("the script fails while rows of {} break the unique index {}",
                                 parent_of(object), object.identity));
  }
  const bool reads_rows = object.kind == "constraint" && !definition.ends_with(" NOT VALID") &&
                          !definition.starts_with("NOT NULL ") &&
                          object.parents.front().kind != "domain";
  if (!reads_rows) return;
  losses.push_back(fmt::format("the script fails while rows of {} break constraint {}: {}",
                               parent_of(object), own_name(object), definition));
}

}  // namespace pgtide::schema
