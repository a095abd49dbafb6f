// What undo() is made of. Statements come without semicolon.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pgtide/schema/live_snapshot.hpp"

namespace pgtide::schema {

using Statements = std::vector<std::string>;

// The value of an attribute, empty when there is none.
const std::string& value_of(const LiveObject& object, std::string_view attribute);
// Its name within its first parent, or its whole identity.
std::string own_name(const LiveObject& object);
// The identity of its first parent.
std::string parent_of(const LiveObject& object);
bool is_of(const LiveObject& object, std::initializer_list<std::string_view> kinds);
// Whether `name` stands in `text` as a name of its own.
bool mentions(std::string_view text, std::string_view name);
// Also as the last part of a longer name.
bool mentions_part(std::string_view text, std::string_view name);
// `public.f` of `public.f(integer)`
std::string without_arguments(const std::string& identity);
// The parts of a list, which `separator` separates outside of quotes and parentheses.
std::vector<std::string> split_list(std::string_view list, std::string_view separator = ", ");

// `public` and `"a.b"` of `public."a.b"`; `schema` is empty when there is none.
struct QualifiedName {
  std::string schema;
  std::string name;
};
QualifiedName split_name(const std::string& identity);

// Objects by kind and identity, and what belongs to them.
class SnapshotIndex {
 public:
  explicit SnapshotIndex(const LiveSnapshot& snapshot);
  const LiveObject* find(const std::string& kind, const std::string& identity) const;
  // Of one kind, columns in their order.
  std::vector<const LiveObject*> children(const LiveObject& parent, std::string_view kind) const;
  std::vector<const LiveObject*> all(std::string_view kind) const;

 private:
  std::map<std::pair<std::string, std::string>, const LiveObject*> objects_;
  std::map<std::pair<std::string, std::string>, std::vector<const LiveObject*>> children_;
};

// `TABLE`, `TYPE` of an enum: what ALTER and DROP take.
std::string noun_of(const LiveObject& object);
// `TABLE public.t`, `TRIGGER x ON public.t`: what COMMENT ON and DROP take.
std::string target(const LiveObject& object);

Statements create_statements(const LiveObject& object, const SnapshotIndex& in);
// `name type DEFAULT …`
std::string column_definition(const LiveObject& column, const SnapshotIndex& in);
std::string drop_statement(const LiveObject& object);

// `OPERATOR 1 s.< (s.n,s.n)` of a member of an operator family, as ALTER … ADD takes it.
std::string family_member(const std::string& noun, const std::string& member);

// Whether it can be made and changed; of the others owner, grants and comment only.
bool is_written(const LiveObject& object);

// The columns that ALTER reaches by way of the parent's or partitioned table's.
bool is_inherited(const LiveObject& column, const SnapshotIndex& in);

// What must be left before its own columns and indexes can go.
Statements leave_parents(const LiveObject& before, const LiveObject& after);
// Whether a change of it cannot be made by ALTER.
bool must_be_made_anew(const LiveObject& before, const LiveObject& after);
Statements alter_statements(const LiveObject& before, const LiveObject& after,
                            const SnapshotIndex& in, std::vector<std::string>& losses);
// Owner, grants and comment; `from` is empty for an object that was just made by `usual_owner`.
Statements remark_statements(const LiveObject* from, const LiveObject& to,
                             const std::string& usual_owner);

// Default privileges, and rights on what initdb or an extension made: nothing but grants.
bool is_only_granted(const LiveObject& object);
// Of these; either may be missing.
Statements grant_statements(const LiveObject* from, const LiveObject* to);

// Columns of one table in one ALTER TABLE.
void join_column_changes(Statements& statements);

}  // namespace pgtide::schema
