// Columns and tables that were renamed: to drop and make them again would lose their rows.
#include <algorithm>
#include <optional>

#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

// What makes two columns equal but for their name.
std::vector<Attribute> traits(const Object& column) {
  std::vector<Attribute> kept;
  std::ranges::copy_if(column.attributes, std::back_inserter(kept), [](const Attribute& attribute) {
    return attribute.name == "type" || attribute.name == "position" ||
           attribute.name == "collation" || attribute.name == "generated" ||
           attribute.name == "identity";
  });
  return kept;
}

bool equal(const std::vector<Attribute>& a, const std::vector<Attribute>& b) {
  return std::ranges::equal(a, b, [](const Attribute& x, const Attribute& y) {
    return x.name == y.name && x.value == y.value;
  });
}

// The columns of two tables, name by name and type by type.
bool same_columns(const Object& one, const SnapshotIndex& in_one, const Object& other,
                  const SnapshotIndex& in_other) {
  const auto left = in_one.children(one, "column");
  const auto right = in_other.children(other, "column");
  return !left.empty() && std::ranges::equal(left, right, [](const Object* a, const Object* b) {
    return own_name(*a) == own_name(*b) && equal(traits(*a), traits(*b));
  });
}

// In all names and definitions, where it stands as a name of its own.
void replace_name(std::string& text, const std::string& name, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(name, at)) != text.npos;) {
    const std::string_view rest =
        std::string_view(text).substr(at == 0 ? 0 : at - 1, name.size() + 2);
    if (mentions(rest, name) && (at == 0 || text[at - 1] != '.')) {
      text.replace(at, name.size(), by);
      at += by.size();
    } else {
      at += name.size();
    }
  }
}

void replace_everywhere(Snapshot& snapshot, const std::string& name, const std::string& by) {
  for (Object& object : snapshot.objects) {
    replace_name(object.identity, name, by);
    for (Attribute& attribute : object.attributes) {
      if (attribute.name != "comment" && attribute.name != "body")
        replace_name(attribute.value, name, by);
    }
    for (ObjectName& parent : object.parents) replace_name(parent.identity, name, by);
  }
}

void sort(Snapshot& snapshot) {
  std::ranges::sort(snapshot.objects, {},
                    [](const Object& object) { return std::tie(object.kind, object.identity); });
}

struct Rename {
  std::string kind;
  std::string from;
  std::string to;
  std::string table;  // of a column
};

// The only object of `candidates` that equals; none when there are several.
template <typename Equal>
const Object* only(const std::vector<const Object*>& candidates, Equal equals) {
  const Object* found = nullptr;
  for (const Object* candidate : candidates) {
    if (!equals(*candidate)) continue;
    if (found != nullptr) return nullptr;
    found = candidate;
  }
  return found;
}

std::vector<const Object*> only_in(const Snapshot& snapshot, const SnapshotIndex& other,
                                   std::string_view kind) {
  std::vector<const Object*> found;
  for (const Object& object : snapshot.objects) {
    if (object.kind == kind && other.find(object.kind, object.identity) == nullptr) {
      found.push_back(&object);
    }
  }
  return found;
}

std::optional<Rename> next_rename(const Snapshot& before, const Snapshot& after) {
  const SnapshotIndex was(before);
  const SnapshotIndex is(after);
  const auto gone_tables = only_in(before, is, "table");
  for (const Object* table : only_in(after, was, "table")) {
    const Object* old =
        only(gone_tables, [&](const Object& one) { return same_columns(one, was, *table, is); });
    if (old != nullptr) return Rename{"table", table->identity, old->identity, {}};
  }
  for (const char* kind : {"sequence", "enum", "domain", "composite type", "range"}) {
    const auto gone = only_in(before, is, kind);
    for (const Object* object : only_in(after, was, kind)) {
      const Object* old = only(gone, [&](const Object& one) {
        return equal(one.attributes, object->attributes) &&
               (one.kind != "composite type" || same_columns(one, was, *object, is));
      });
      if (old != nullptr) return Rename{kind, object->identity, old->identity, {}};
    }
  }
  const auto gone_columns = only_in(before, is, "column");
  for (const Object* column : only_in(after, was, "column")) {
    if (value_of(*column, "type").empty()) continue;  // of a view
    const Object* old = only(gone_columns, [&](const Object& one) {
      return parent_of(one) == parent_of(*column) && equal(traits(one), traits(*column));
    });
    const std::string& kind = column->parents.front().kind;
    if (old != nullptr && kind != "foreign table") {
      return Rename{kind == "table" ? "COLUMN" : "ATTRIBUTE", own_name(*column), own_name(*old),
                    parent_of(*old)};
    }
  }
  return std::nullopt;
}

std::string schema_of(const std::string& identity) {
  return identity.substr(0, identity.rfind('.'));
}

void append_renames(const Rename& rename, Statements& out) {
  const std::string alter = rename.kind == "table"      ? "ALTER TABLE "
                            : rename.kind == "sequence" ? "ALTER SEQUENCE "
                            : rename.kind == "domain"   ? "ALTER DOMAIN "
                                                        : "ALTER TYPE ";
  const std::string schema = schema_of(rename.to);
  std::string from = rename.from;
  if (schema_of(from) != schema) {
    out.push_back(alter + from + " SET SCHEMA " + schema);
    from = schema + from.substr(schema_of(from).size());
  }
  if (from != rename.to) {
    out.push_back(alter + from + " RENAME TO " + rename.to.substr(schema.size() + 1));
  }
}

void rename_column(Snapshot& snapshot, const Rename& rename) {
  replace_everywhere(snapshot, rename.table + "." + rename.from, rename.table + "." + rename.to);
  for (Object& object : snapshot.objects) {
    const bool of_table = parent_of(object) == rename.table && object.kind != "column";
    for (Attribute& attribute : object.attributes) {
      if (of_table && attribute.name != "comment")
        replace_name(attribute.value, rename.from, rename.to);
    }
  }
}

}  // namespace

Statements undo_renames(const Snapshot& before, Snapshot& after) {
  Statements out;
  while (const auto rename = next_rename(before, after)) {
    if (!rename->table.empty()) {
      out.push_back((rename->kind == "COLUMN" ? "ALTER TABLE " : "ALTER TYPE ") + rename->table +
                    " RENAME " + rename->kind + " " + rename->from + " TO " + rename->to);
      rename_column(after, *rename);
    } else {
      append_renames(*rename, out);
      replace_everywhere(after, rename->from, rename->to);
    }
    sort(after);
  }
  return out;
}

}  // namespace pgtide::schema
