// What was renamed or moved to another schema goes back as the same object, with its rows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>

#include "pgtide/schema/undo.hpp"
#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

// In the order of renaming: what others are named after comes first.
constexpr std::string_view renamed_kinds[] = {"schema",
                                              "enum",
                                              "domain",
                                              "composite type",
                                              "range",
                                              "base type",
                                              "table",
                                              "foreign table",
                                              "view",
                                              "materialized view",
                                              "sequence",
                                              "index",
                                              "function",
                                              "procedure",
                                              "aggregate",
                                              "collation",
                                              "conversion",
                                              "statistics",
                                              "operator family",
                                              "operator class",
                                              "text search parser",
                                              "text search template",
                                              "text search dictionary",
                                              "text search configuration",
                                              "column",
                                              "constraint",
                                              "trigger",
                                              "rule",
                                              "policy",
                                              "publication",
                                              "event trigger",
                                              "language",
                                              "foreign data wrapper",
                                              "foreign server"};

bool is_part(const LiveObject& object) {
  return is_of(object, {"column", "constraint", "trigger", "rule", "policy"});
}

bool is_in_schema(const LiveObject& object) {
  return !is_part(object) && !is_of(object, {"schema", "publication", "event trigger", "language",
                                             "foreign data wrapper", "foreign server"});
}

bool is_routine(const LiveObject& object) {
  return is_of(object, {"function", "procedure", "aggregate"});
}

// `(integer)` of a function, ` using btree` of an operator class.
std::string tail_of(const LiveObject& object) {
  if (is_routine(object)) {
    return object.identity.substr(without_arguments(object.identity).size());
  }
  if (is_of(object, {"operator class", "operator family"})) {
    return object.identity.substr(object.identity.rfind(" using "));
  }
  return {};
}

QualifiedName name_of(const LiveObject& object) {
  if (is_part(object)) return {{}, own_name(object)};
  const std::string tail = tail_of(object);
  const std::string name = object.identity.substr(0, object.identity.size() - tail.size());
  return is_in_schema(object) ? split_name(name) : QualifiedName{{}, name};
}

// Its name is another's, or comes and goes with it.
bool is_named_by_another(const LiveObject& object, const SnapshotIndex& in) {
  if (object.kind == "column") {
    return is_inherited(object, in);
  }
  const auto is_of_kind = [&](const ObjectName& parent) {
    return parent.kind == "constraint" || (object.kind == "trigger" && parent.kind == "trigger");
  };
  return is_of(object, {"index", "constraint", "trigger"}) &&
         std::ranges::any_of(object.parents, is_of_kind);
}

// Goes where its table goes.
bool moves_along(const LiveObject& object) {
  return object.kind == "index" || !value_of(object, "owned by").empty();
}

class Renaming {
 public:
  Renaming(const LiveSnapshot& before, const LiveSnapshot& after) : was_(before), is_(after) {
    for (const LiveObject& object : before.objects) {
      if (object.id != 0) old_.emplace(object.id, &object);
    }
    for (const LiveObject& object : after.objects) {
      if (object.id == 0 ||
          std::ranges::find(renamed_kinds, object.kind) == std::end(renamed_kinds))
        continue;
      State& state = states_[object.id];
      state = {.object = &object, .name = name_of(object)};
      taken_[key_of(object, state.name)] = object.id;
    }
  }

  Statements statements() {
    for (const std::string_view kind : renamed_kinds) {
      for (auto& [id, state] : states_) {
        if (state.object->kind == kind) bring_back(id, state);
      }
    }
    for (auto& [id, state] : states_) {
      if (state.object->kind == "enum") bring_labels_back(*state.object, state.name);
    }
    return std::move(out_);
  }

 private:
  using Id = std::uint64_t;
  struct State {
    const LiveObject* object = nullptr;  // of after
    QualifiedName name;                  // by now
  };

  const LiveObject* old(const LiveObject& object) const {
    const auto found = old_.find(object.id);
    const bool there = found != old_.end() && found->second->kind == object.kind;
    return there ? found->second : nullptr;
  }

  // What it belongs to, by the name that it has by now.
  std::string owner_of(const LiveObject& object) const {
    if (object.parents.empty()) return {};
    const ObjectName& name = object.parents.front();
    const LiveObject* parent = is_.find(name.kind, name.identity);
    const auto state = parent == nullptr ? states_.end() : states_.find(parent->id);
    if (state == states_.end()) return name.identity;
    return written(*parent, state->second.name);
  }

  // `schema.name(arguments)`; types of arguments have their names back by now.
  std::string written(const LiveObject& object, const QualifiedName& name) const {
    const LiveObject* was = old(object);
    return (name.schema.empty() ? "" : name.schema + ".") + name.name +
           tail_of(was != nullptr ? *was : object);
  }

  // Two objects with the same key cannot be there at once.
  std::string key_of(const LiveObject& object, const QualifiedName& name) const {
    const bool relation =
        is_of(object, {"table", "foreign table", "view", "materialized view", "sequence", "index",
                       "enum", "domain", "composite type", "range", "base type"});
    const bool part = is_part(object);
    const std::string where =
        part ? std::to_string(
                   is_.find(object.parents.front().kind, object.parents.front().identity)->id)
             : name.schema;
    return (relation             ? "relation"
            : is_routine(object) ? "routine"
                                 : object.kind) +
           "\n" + where + "\n" + name.name + tail_of(object);
  }

  std::string schema_now(const std::string& schema) const {
    const LiveObject* object = is_.find("schema", schema);
    const LiveObject* was = object == nullptr ? nullptr : old(*object);
    return was == nullptr ? schema : was->identity;
  }

  void bring_back(Id id, State& state) {
    const LiveObject& object = *state.object;
    if (is_in_schema(object)) state.name.schema = schema_now(state.name.schema);
    const LiveObject* was = old(object);
    if (was == nullptr || is_named_by_another(object, is_)) return;
    QualifiedName to = name_of(*was);
    if (moves_along(object)) state.name.schema = to.schema;
    if (to.schema == state.name.schema && to.name == state.name.name) return;
    make_way(id, object, to);
    if (to.schema != state.name.schema) {
      // On its way it must not meet a namesake either.
      if (to.name != state.name.name) make_way(id, object, {to.schema, state.name.name});
      out_.push_back(alter(object, state.name) + " SET SCHEMA " + to.schema);
      state.name.schema = to.schema;
    }
    rename(id, state, to.name);
  }

  // No label of a type can be taken out: where none was added, those that differ were renamed.
  void bring_labels_back(const LiveObject& object, const QualifiedName& name) {
    const LiveObject* before = old(object);
    if (before == nullptr) return;
    const std::vector<std::string> was = split_list(value_of(*before, "labels"));
    std::vector<std::string> is = split_list(value_of(object, "labels"));
    if (was.size() != is.size()) return;
    const auto rename = [&](std::string& label, const std::string& to) {
      out_.push_back(alter(object, name) + " RENAME VALUE " + label + " TO " + to);
      label = to;
    };
    for (std::size_t i = 0; i < was.size(); ++i) {
      if (was[i] == is[i]) continue;
      const auto taken =
          std::find(is.begin() + static_cast<std::ptrdiff_t>(i) + 1, is.end(), was[i]);
      if (taken != is.end()) rename(*taken, "'pgtide undone " + std::to_string(i + 1) + "'");
      rename(is[i], was[i]);
    }
  }

  void make_way(Id id, const LiveObject& object, const QualifiedName& name) {
    const auto found = taken_.find(key_of(object, name));
    if (found == taken_.end() || found->second == id) return;
    const Id other = found->second;
    rename(other, states_[other], "pgtide_undone_" + std::to_string(++ways_made_));
  }

  void rename(Id id, State& state, const std::string& name) {
    const LiveObject& object = *state.object;
    if (name == state.name.name) return;
    taken_.erase(key_of(object, name_of(object)));
    taken_.erase(key_of(object, state.name));
    out_.push_back(renaming(object, state.name) + " TO " + name);
    state.name.name = name;
    taken_[key_of(object, state.name)] = id;
  }

  std::string alter(const LiveObject& object, const QualifiedName& name) const {
    std::string sql = "ALTER " + noun_of(object) + " " + written(object, name);
    const bool of_method = is_of(object, {"operator class", "operator family"});
    if (of_method) sql.replace(sql.rfind(" using "), 7, " USING ");
    return sql;
  }

  std::string renaming(const LiveObject& object, const QualifiedName& name) const {
    if (!is_part(object)) return alter(object, name) + " RENAME";
    const std::string whose = owner_of(object);
    const std::string& parent = object.parents.front().kind;
    if (object.kind == "column") {
      return parent == "composite type" ? "ALTER TYPE " + whose + " RENAME ATTRIBUTE " + name.name
                                        : "ALTER TABLE " + whose + " RENAME COLUMN " + name.name;
    }
    if (object.kind == "constraint") {
      return (parent == "domain" ? "ALTER DOMAIN " : "ALTER TABLE ") + whose +
             " RENAME CONSTRAINT " + name.name;
    }
    return "ALTER " + noun_of(object) + " " + name.name + " ON " + whose + " RENAME";
  }

  SnapshotIndex was_;
  SnapshotIndex is_;
  std::map<Id, const LiveObject*> old_;
  std::map<Id, State> states_;
  std::map<std::string, Id> taken_;
  std::size_t ways_made_ = 0;
  Statements out_;
};

}  // namespace

Statements undo_renames(const LiveSnapshot& before, const LiveSnapshot& after) {
  return Renaming(before, after).statements();
}

}  // namespace pgtide::schema
