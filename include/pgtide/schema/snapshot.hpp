// A database's schema as a value.
#pragma once

#include <string>
#include <vector>

namespace pgtide::schema {

struct Attribute {
  std::string name;   // `type`, `default`, `owner`, …
  std::string value;  // as PostgreSQL writes it, names qualified and quoted
};

struct ObjectName {
  std::string kind;
  std::string identity;

  friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

// Something that can be created and dropped on its own: a table, a column, an index, a function, …
struct Object {
  std::string kind;                   // `table`, `column`, `index`, …
  std::string identity;               // unique within its kind: `public.users.email`
  std::vector<Attribute> attributes;  // by name, each name once; an absent one has no value
  // Comes and goes with each of these: a column with its table, the index of a constraint with its
  // table and the constraint. Not compared, and no part of the fingerprint.
  std::vector<ObjectName> parents = {};
};

// By kind and identity, each once. Holds nothing that is pgtide's own, an extension's or temporary.
struct Snapshot {
  std::vector<Object> objects;
};

// SHA-256 in hex of the canonical form: the same on every supported server for the same schema.
std::string fingerprint(const Snapshot& snapshot);

}  // namespace pgtide::schema
