// What undo() is made of. Statements come without semicolon.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::schema {

using Statements = std::vector<std::string>;

// The value of an attribute, empty when there is none.
const std::string& value_of(const Object& object, std::string_view attribute);
// Its name within its first parent, or its whole identity.
std::string own_name(const Object& object);
// The identity of its first parent.
std::string parent_of(const Object& object);
bool is_of(const Object& object, std::initializer_list<std::string_view> kinds);
// Whether `name` stands in `text` as a name of its own.
bool mentions(std::string_view text, std::string_view name);
// `public.f` of `public.f(integer)`
std::string without_arguments(const std::string& identity);

// Objects by kind and identity, and what belongs to them.
class SnapshotIndex {
 public:
  explicit SnapshotIndex(const Snapshot& snapshot);
  const Object* find(const std::string& kind, const std::string& identity) const;
  // Of one kind, columns in their order.
  std::vector<const Object*> children(const Object& parent, std::string_view kind) const;
  std::vector<const Object*> all(std::string_view kind) const;

 private:
  std::map<std::pair<std::string, std::string>, const Object*> objects_;
  std::map<std::pair<std::string, std::string>, std::vector<const Object*>> children_;
};

// `TABLE public.t`, `TRIGGER x ON public.t`: what COMMENT ON and DROP take.
std::string target(const Object& object);

Statements create_statements(const Object& object, const SnapshotIndex& in);
// `name type DEFAULT …`
std::string column_definition(const Object& column, const SnapshotIndex& in);
std::string drop_statement(const Object& object);

// Whether an enum must be made anew, under its name, to get its labels back.
bool loses_labels(const Object& before, const Object& after);

// Whether it can be made and changed; of the others owner, grants and comment only.
bool is_written(const Object& object);

// What must be left before its own columns and indexes can go.
Statements leave_parents(const Object& before, const Object& after);
// Whether a change of it cannot be made by ALTER.
bool must_be_made_anew(const Object& before, const Object& after);
Statements alter_statements(const Object& before, const Object& after, const SnapshotIndex& in,
                            std::vector<std::string>& losses);
// Owner, grants and comment; `from` is empty for an object that was just made by `usual_owner`.
Statements remark_statements(const Object* from, const Object& to, const std::string& usual_owner);

// Of default privileges, which are nothing but grants; either may be missing.
Statements default_privileges_statements(const Object* from, const Object* to);

// `RENAME`s; `after` becomes what it is once they ran.
Statements undo_renames(const Snapshot& before, Snapshot& after);

}  // namespace pgtide::schema
