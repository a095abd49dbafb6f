#include "pgtide/schema/undo.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

// In the order of making; dropping goes the other way.
// clang-format off
constexpr std::string_view order[] = {
    "schema", "extension", "language", "access method", "foreign data wrapper", "foreign server",
    "user mapping", "collation", "enum", "composite type", "domain", "range", "base type",
    "sequence", "function", "procedure", "aggregate", "operator", "operator family",
    "operator class", "cast", "conversion", "transform", "text search parser",
    "text search template", "text search dictionary", "text search configuration", "table",
    "foreign table", "column", "constraint", "index", "statistics", "view", "materialized view",
    "rule", "trigger", "policy", "publication", "published table", "event trigger"};
// clang-format on

std::size_t rank(const Object& object, const SnapshotIndex& in) {
  const auto found = std::ranges::find(order, object.kind);
  std::size_t rank = 10 * static_cast<std::size_t>(found - std::begin(order));
  // What refers to another table, or to an index, comes when those are there.
  if (object.kind == "constraint" && value_of(object, "definition").starts_with("FOREIGN KEY"))
    rank += 15;
  // The index of a materialized view.
  if (object.kind == "index" && in.find("materialized view", parent_of(object)) != nullptr)
    rank += 35;
  if (object.kind == "column" && value_of(object, "type").empty()) {  // of a view
    rank = 10 * static_cast<std::size_t>(std::ranges::find(order, "rule") - std::begin(order)) - 5;
  }
  return rank;
}

// By which others mention it: no argument list, no quoting of its own.
std::string mention_name(const Object& object) {
  if (is_of(object, {"function", "procedure", "aggregate"}))
    return without_arguments(object.identity);
  return object.identity;
}

// What it cannot be without. The body of a function is read when it is called.
std::string needs_text(const Object& object, const SnapshotIndex& in) {
  std::string text;
  for (const Attribute& attribute : object.attributes) {
    if (attribute.name == "comment" || attribute.name == "grants" || attribute.name == "owned by")
      continue;
    const bool late = attribute.name == "body" && !attribute.value.starts_with("BEGIN ATOMIC") &&
                      !attribute.value.starts_with("RETURN ");
    if (!late) text += " " + attribute.value;
  }
  for (const Object* column : in.children(object, "column")) text += needs_text(*column, in);
  for (const Object* constraint : in.children(object, "constraint")) {
    text += " " + value_of(*constraint, "definition");
  }
  return text;
}

class Undoing {
 public:
  Undoing(const Snapshot& before, const Snapshot& after)
      : before_(before), after_(after), was_(before), is_(after) {
    find_usual_owner();
    find_changes();
    drag_along();
  }

  // What tables are made of comes before they change, and goes once nothing uses it any more.
  void write(Undo& undo) {
    for (const Object* object : changed_) add(undo, leave_parents(*object, now(*object)));
    const std::vector<const Object*> going = dropping_order();
    for (const Object* object : going) drop(*object, Phase::first, undo);
    std::vector<const Object*> coming(made_.begin(), made_.end());
    in_order(coming, was_);
    for (const Object* object : coming) {
      if (is_base(*object)) make(*object, undo);
    }
    for (const Object* object : changed_) change(*object, {"table"}, undo);
    for (const Object* object : changed_) change(*object, {"enum", "domain", "column"}, undo);
    for (const Object* object : going) drop(*object, Phase::last, undo);
    for (const Object* object : coming) {
      if (!is_base(*object)) make(*object, undo);
    }
    for (const Object* object : changed_) change(*object, {}, undo);
    own_sequences(undo);
    say_losses(undo);
  }

 private:
  enum class Phase { first, last };

  const Object& now(const Object& before) const { return *is_.find(before.kind, before.identity); }

  // What a column's type or default can be made of.
  static bool is_base(const Object& object) {
    const auto found = std::ranges::find(order, object.kind);
    return found < std::ranges::find(order, "table");
  }

  void find_usual_owner() {
    std::map<std::string, int> owners;
    for (const Object& object : after_.objects) ++owners[value_of(object, "owner")];
    owners.erase("");
    const auto most =
        std::ranges::max_element(owners, {}, [](const auto& one) { return one.second; });
    if (most != owners.end()) usual_owner_ = most->first;
  }

  void find_changes() {
    for (const Object& object : after_.objects) {
      const Object* old = was_.find(object.kind, object.identity);
      if (old == nullptr || must_be_made_anew(*old, object)) dropped_.insert(&object);
    }
    for (const Object& object : before_.objects) {
      const Object* now = is_.find(object.kind, object.identity);
      if (now == nullptr || must_be_made_anew(object, *now)) {
        made_.insert(&object);
      } else {
        changed_.push_back(&object);
      }
    }
  }

  bool changes_type(const Object& column) const {
    const Object* now = is_.find(column.kind, column.identity);
    return now != nullptr && value_of(column, "type") != value_of(*now, "type");
  }

  // What stays but stands on something that goes for a moment, goes and comes with it.
  void drag_along() {
    for (bool more = true; more;) {
      more = false;
      for (const Object* object : std::vector<const Object*>(changed_)) {
        if (!stands_on_sand(*object)) continue;
        std::erase(changed_, object);
        made_.insert(object);
        dropped_.insert(is_.find(object->kind, object->identity));
        more = true;
      }
    }
  }

  // A label is taken out by making the type anew.
  bool mentions_remade_enum(const Object& object) const {
    if (!is_of(object, {"view", "materialized view", "rule", "policy", "trigger", "index",
                        "constraint", "function", "procedure"})) {
      return false;
    }
    const std::string text = needs_text(object, was_);
    return std::ranges::any_of(changed_, [&](const Object* other) {
      return other->kind == "enum" && loses_labels(*other, now(*other)) &&
             mentions(text, other->identity);
    });
  }

  bool stands_on_sand(const Object& object) const {
    for (const ObjectName& parent : object.parents) {
      const Object* old = was_.find(parent.kind, parent.identity);
      if (old != nullptr && made_.contains(old)) return true;
    }
    if (mentions_remade_enum(object)) return true;
    if (!is_of(object, {"view", "materialized view", "rule", "policy", "trigger"})) return false;
    const std::string text =
        value_of(object, "definition") + value_of(object, "using") + value_of(object, "with check");
    for (const Object* other : made_) {
      const bool there = is_.find(other->kind, other->identity) != nullptr;
      const bool used =
          is_of(*other, {"view", "materialized view", "function", "table", "aggregate"});
      if (there && used && other != &object && mentions(text, mention_name(*other))) return true;
    }
    if (is_of(object, {"trigger"})) return false;
    return std::ranges::any_of(changed_, [&](const Object* other) {
      return other->kind == "column" && changes_type(*other) && mentions(text, parent_of(*other));
    });
  }

  // Something else's drop is enough.
  bool goes_by_itself(const Object& object) const {
    if (object.kind == "index" && value_of(object, "definition").empty()) return true;
    if (object.kind == "column" && value_of(object, "type").empty()) return true;  // of a view
    if (object.kind == "column" && is_inherited(object, is_)) return true;
    // The column says that it is not null, whatever the constraint's name is.
    if (object.kind == "constraint" && value_of(object, "definition").starts_with("NOT NULL"))
      return true;
    if (object.kind == "sequence") {
      const Object* column = is_.find("column", value_of(object, "owned by"));
      if (column != nullptr && !value_of(*column, "identity").empty()) return true;
    }
    return std::ranges::any_of(object.parents, [&](const ObjectName& parent) {
      const Object* one = is_.find(parent.kind, parent.identity);
      return one != nullptr && dropped_.contains(one);
    });
  }

  // A column that came with that of the parent or partitioned table.
  static bool is_inherited(const Object& column, const SnapshotIndex& in) {
    if (!value_of(column, "inherited").empty()) return true;
    const Object* table = in.find("table", parent_of(column));
    return table != nullptr && !value_of(*table, "partition of").empty();
  }

  void drop(const Object& object, Phase phase, Undo& undo) {
    const bool anew = was_.find(object.kind, object.identity) != nullptr;
    bool late = is_base(object) && !anew;
    if (late) {
      const std::string text = needs_text(object, is_);
      late = std::ranges::none_of(dropped_, [&](const Object* other) {
        return !is_base(*other) && is_of(*other, {"table", "view", "materialized view"}) &&
               mentions(text, other->identity);
      });
    }
    if (late != (phase == Phase::last) || goes_by_itself(object)) return;
    if (object.kind == "default privileges")
      return add(undo, default_privileges_statements(&object, nullptr));
    const std::string statement = drop_statement(object);
    if (!statement.empty()) {
      undo.statements.push_back(statement);
    } else {
      undo.losses.push_back(object.kind + " " + object.identity + " must be taken back by hand");
    }
  }

  std::vector<const Object*> dropping_order() const {
    std::vector<const Object*> order_of_drops(dropped_.begin(), dropped_.end());
    in_order(order_of_drops, is_);
    std::ranges::reverse(order_of_drops);
    return order_of_drops;
  }

  // By rank and name, but nothing before what it mentions.
  static void in_order(std::vector<const Object*>& objects, const SnapshotIndex& in) {
    std::ranges::sort(objects, {}, [&](const Object* object) {
      return std::tuple(
          rank(*object, in), parent_of(*object),
          object->kind == "column" ? value_of(*object, "position").size() : 0,
          object->kind == "column" ? value_of(*object, "position") : object->identity);
    });
    std::vector<const Object*> sorted;
    std::set<const Object*> visited;
    for (const Object* object : objects) visit(object, objects, in, visited, sorted);
    objects = std::move(sorted);
  }

  static void visit(const Object* object, const std::vector<const Object*>& all,
                    const SnapshotIndex& in, std::set<const Object*>& visited,
                    std::vector<const Object*>& sorted) {
    if (!visited.insert(object).second) return;
    const std::string text = needs_text(*object, in);
    for (const Object* other : all) {
      const bool standing =
          is_of(*other, {"table", "view", "materialized view", "function", "enum", "domain",
                         "composite type", "range", "sequence", "aggregate", "collation"});
      if (standing && other != object && mentions(text, mention_name(*other))) {
        visit(other, all, in, visited, sorted);
      }
    }
    sorted.push_back(object);
  }

  void add(Undo& undo, Statements more) {
    for (std::string& statement : more) undo.statements.push_back(std::move(statement));
  }

  // Columns of a table that is made come with it, and so do those of its partitions.
  bool comes_by_itself(const Object& object) const {
    if (object.kind != "column") return false;
    if (is_inherited(object, was_)) return true;
    const ObjectName& parent = object.parents.front();
    const Object* table = was_.find(parent.kind, parent.identity);
    return table != nullptr && made_.contains(table);
  }

  void make(const Object& object, Undo& undo) {
    if (object.kind == "default privileges")
      return add(undo, default_privileges_statements(nullptr, &object));
    if (!is_written(object)) {
      undo.losses.push_back(object.kind + " " + object.identity + " must be made again by hand");
      return;
    }
    if (!comes_by_itself(object)) add(undo, create_statements(object, was_));
    if (object.kind == "sequence" && !value_of(object, "owned by").empty())
      owned_.push_back(&object);
    add(undo, remark_statements(nullptr, object, usual_owner_));
  }

  // Those of the kinds; without any, those that are not changed early.
  void change(const Object& object, std::initializer_list<std::string_view> kinds, Undo& undo) {
    const bool early = is_of(object, {"table", "enum", "domain", "column"});
    if (kinds.size() == 0 ? early : !is_of(object, kinds)) return;
    if (object.kind == "default privileges") {
      return add(undo, default_privileges_statements(&now(object), &object));
    }
    add(undo, alter_statements(object, now(object), was_, undo.losses));
    const bool anew = object.kind == "enum" && loses_labels(object, now(object));
    add(undo, remark_statements(anew ? nullptr : &now(object), object, usual_owner_));
  }

  // A sequence can be owned once its column is there.
  void own_sequences(Undo& undo) const {
    for (const Object* sequence : owned_) {
      const Object* column = was_.find("column", value_of(*sequence, "owned by"));
      if (column != nullptr && !value_of(*column, "identity").empty()) continue;
      undo.statements.push_back("ALTER SEQUENCE " + sequence->identity + " OWNED BY " +
                                value_of(*sequence, "owned by"));
    }
  }

  // Of those that stay.
  bool is_last(const Object& column) const {
    const Object* table = was_.find("table", parent_of(column));
    if (table == nullptr) return true;
    for (const Object* other : was_.children(*table, "column")) {
      const bool later = std::atoi(value_of(*other, "position").c_str()) >
                         std::atoi(value_of(column, "position").c_str());
      if (later && !made_.contains(other)) return false;
    }
    return true;
  }

  void say_losses(Undo& undo) const {
    for (const Object* object : made_) {
      if (is_.find(object->kind, object->identity) != nullptr || comes_by_itself(*object)) continue;
      if (object->kind == "table") {
        undo.losses.push_back("the rows that table " + object->identity + " had do not come back");
      } else if (object->kind == "column" && object->parents.front().kind == "table") {
        undo.losses.push_back("the values that column " + object->identity +
                              " had do not come back");
        if (!is_last(*object)) {
          undo.losses.push_back("column " + object->identity + " comes back as the last one");
        }
      }
    }
  }

  const Snapshot& before_;
  const Snapshot& after_;
  SnapshotIndex was_;
  SnapshotIndex is_;
  std::string usual_owner_;
  // In the order of the snapshots, so that the same two always give the same script.
  struct ByName {
    bool operator()(const Object* a, const Object* b) const {
      return std::tie(a->kind, a->identity) < std::tie(b->kind, b->identity);
    }
  };
  std::set<const Object*, ByName> dropped_;  // of after
  std::set<const Object*, ByName> made_;     // of before
  std::vector<const Object*> changed_;       // of before: it stays, perhaps as it is
  std::vector<const Object*> owned_;         // sequences that were made
};

}  // namespace

Undo undo(const Snapshot& before, const Snapshot& after) {
  Undo result;
  Snapshot renamed = after;
  result.statements = undo_renames(before, renamed);
  Undoing(before, renamed).write(result);
  const auto reads_its_body = [](const std::string& statement) {
    return statement.find("\n  LANGUAGE sql") != statement.npos;
  };
  if (std::ranges::any_of(result.statements, reads_its_body)) {
    // A function may come before what it reads from.
    result.statements.insert(result.statements.begin(), "SET LOCAL check_function_bodies = off");
  }
  return result;
}

}  // namespace pgtide::schema
