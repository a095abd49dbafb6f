// What differs between two snapshots.
#pragma once

#include <string>
#include <vector>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::schema {

enum class Change { added, removed, changed };

// A class of its own where a difference may be acceptable to a project.
enum class Aspect {
  definition,
  column_order,  // nothing but a column's place among the others
  ownership,     // an owner or a grant
  server         // something that belongs to the whole server: a role, a database
};

struct Difference {
  Change change = Change::changed;
  Aspect aspect = Aspect::definition;
  std::string kind;
  std::string identity;
  std::string attribute;  // of a changed object; empty for one that was added or removed
  std::string before;     // the attribute's values; empty where it was or is absent
  std::string after;
};

// Everything that must be said to get from `before` to `after`, by kind and identity. What belongs
// to an added or removed object (its columns, its indexes) is not repeated as added or
// removed. Columns in another order are one difference of their table.
std::vector<Difference> diff(const Snapshot& before, const Snapshot& after);

// `column public.users.email: type text -> character varying(255)`
std::string describe(const Difference& difference);

}  // namespace pgtide::schema
