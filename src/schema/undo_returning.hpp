// What can come back to a table that has rows, and what a person must decide.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "schema/undo_parts.hpp"

namespace pgtide::schema {

// A column that is added to a table holds one value in all its rows, or none.
class Returning {
 public:
  // `columns` of `was` are added to tables that stay.
  Returning(const SnapshotIndex& was, std::set<const LiveObject*> columns);

  // The column as it can be added, with its default last where that must not fill the rows.
  Statements add(const LiveObject& column, std::vector<std::string>& losses) const;
  // Whether it asks for values where there are none: a primary key, and what refers to it.
  bool cannot_hold(const LiveObject& constraint) const;
  // Rows without a value break neither a key nor a check.
  bool is_about_nothing(const LiveObject& object) const;
  void say_left_out(const LiveObject& constraint, std::vector<std::string>& losses) const;

 private:
  bool must_differ(const LiveObject& column) const;
  bool stays_empty(const LiveObject& column) const;

  const SnapshotIndex& was_;
  std::set<const LiveObject*> columns_;
};

// That it fails when rows were written that a constraint or unique index refuses, which was not
// there meanwhile. Nothing for one that looks at no row.
void say_what_may_fail(const LiveObject& object, const LiveObject* now,
                       std::vector<std::string>& losses);

}  // namespace pgtide::schema
