#include "pgtide/schema/undo.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "schema/undo_parts.hpp"
#include "schema/undo_returning.hpp"

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
    "rule", "trigger", "policy", "publication", "published table", "published schema",
    "event trigger"};
// clang-format on

std::size_t rank(const LiveObject& object, const SnapshotIndex& in) {
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
std::string mention_name(const LiveObject& object) {
  if (is_of(object, {"function", "procedure", "aggregate"}))
    return without_arguments(object.identity);
  return object.identity;
}

// What it cannot be without. The body of a function is read when it is called.
std::string needs_text(const LiveObject& object, const SnapshotIndex& in) {
  std::string text;
  for (const Attribute& attribute : object.attributes) {
    if (attribute.name == "comment" || attribute.name == "grants" || attribute.name == "owned by")
      continue;
    const bool late = attribute.name == "body" && !attribute.value.starts_with("BEGIN ATOMIC") &&
                      !attribute.value.starts_with("RETURN ");
    if (!late) text += " " + attribute.value;
  }
  for (const LiveObject* column : in.children(object, "column")) text += needs_text(*column, in);
  for (const LiveObject* constraint : in.children(object, "constraint")) {
    text += " " + value_of(*constraint, "definition");
  }
  return text;
}

std::string element_of(const std::string& type) {
  return type.ends_with("[]") ? type.substr(0, type.size() - 2) : type;
}

class Undoing {
 public:
  Undoing(const LiveSnapshot& before, const LiveSnapshot& after, IndexBuild build)
      : before_(before), after_(after), was_(before), is_(after), build_(build) {
    find_usual_owner();
    find_changes();
    drag_along();
  }

  // What tables are made of comes before they change, and goes once nothing uses it any more.
  void write(Undo& undo) {
    const Returning returning(was_, returning_columns());
    returning_ = &returning;
    for (const LiveObject* object : changed_) add(undo, leave_parents(*object, now(*object)));
    const std::vector<const LiveObject*> going = dropping_order();
    for (const LiveObject* object : going) drop(*object, Phase::first, undo);
    std::vector<const LiveObject*> coming(made_.begin(), made_.end());
    in_order(coming, was_);
    for (const LiveObject* object : coming) {
      if (is_base(*object)) make(*object, undo);
    }
    for (const LiveObject* object : changed_) change(*object, {"table"}, undo);
    for (const LiveObject* object : changed_) change(*object, {"enum", "domain", "column"}, undo);
    for (const LiveObject* object : going) drop(*object, Phase::last, undo);
    for (const LiveObject* object : coming) {
      if (!is_base(*object)) make(*object, undo);
    }
    for (const LiveObject* object : changed_) change(*object, {}, undo);
    own_sequences(undo);
    say_losses(undo);
    join_column_changes(undo.statements);
  }

 private:
  enum class Phase { first, last };

  const LiveObject& now(const LiveObject& before) const {
    return *is_.find(before.kind, before.identity);
  }

  // What a column's type or default can be made of.
  static bool is_base(const LiveObject& object) {
    const auto found = std::ranges::find(order, object.kind);
    return found < std::ranges::find(order, "table");
  }

  void find_usual_owner() {
    std::map<std::string, int> owners;
    for (const LiveObject& object : after_.objects) ++owners[value_of(object, "owner")];
    owners.erase("");
    const auto most =
        std::ranges::max_element(owners, {}, [](const auto& one) { return one.second; });
    if (most != owners.end()) usual_owner_ = most->first;
  }

  void find_changes() {
    for (const LiveObject& object : after_.objects) {
      const LiveObject* old = was_.find(object.kind, object.identity);
      if (old == nullptr || is_made_anew(*old, object)) dropped_.insert(&object);
    }
    for (const LiveObject& object : before_.objects) {
      const LiveObject* now = is_.find(object.kind, object.identity);
      if (now == nullptr || is_made_anew(object, *now)) {
        made_.insert(&object);
      } else {
        changed_.push_back(&object);
        if (is_remade(object)) remade_.insert(object.identity);
      }
    }
  }

  // Labels can be renamed, which undo_renames() does, but not be taken out or moved.
  bool is_remade(const LiveObject& object) const {
    return object.kind == "enum" && value_of(object, "labels") != value_of(now(object), "labels");
  }

  // One column of a table went, and another one came under its name.
  bool is_another_column(const LiveObject& old, const LiveObject& now) const {
    if (old.kind != "column" || old.id == 0 || now.id == 0 || old.id == now.id) return false;
    const ObjectName& parent = old.parents.front();
    const LiveObject* table = was_.find(parent.kind, parent.identity);
    const LiveObject* same = is_.find(parent.kind, parent.identity);
    return table != nullptr && same != nullptr && table->id == same->id;
  }

  // The values of another column, of another type, are not those that this one had.
  bool is_made_anew(const LiveObject& old, const LiveObject& now) const {
    return must_be_made_anew(old, now) ||
           (is_another_column(old, now) && value_of(old, "type") != value_of(now, "type"));
  }

  bool changes_type(const LiveObject& column) const {
    const LiveObject* now = is_.find(column.kind, column.identity);
    const std::string& type = value_of(column, "type");
    return now != nullptr && (type != value_of(*now, "type") || remade_.contains(element_of(type)));
  }

  std::set<const LiveObject*> returning_columns() const {
    std::set<const LiveObject*> columns;
    for (const LiveObject* object : made_) {
      const bool added = object->kind == "column" && object->parents.front().kind == "table" &&
                         !comes_by_itself(*object);
      if (added) columns.insert(object);
    }
    return columns;
  }

  // What stays but stands on something that goes for a moment, goes and comes with it.
  void drag_along() {
    for (bool more = true; more;) {
      more = false;
      for (const LiveObject* object : std::vector<const LiveObject*>(changed_)) {
        if (!stands_on_sand(*object)) continue;
        std::erase(changed_, object);
        made_.insert(object);
        dropped_.insert(is_.find(object->kind, object->identity));
        more = true;
      }
    }
  }

  // A label is taken out by making the type anew.
  bool mentions_remade_enum(const LiveObject& object) const {
    if (!is_of(object, {"view", "materialized view", "rule", "policy", "trigger", "index",
                        "constraint", "function", "procedure"})) {
      return false;
    }
    const std::string text = needs_text(object, was_);
    return std::ranges::any_of(remade_,
                               [&](const std::string& name) { return mentions(text, name); });
  }

  bool stands_on_sand(const LiveObject& object) const {
    for (const ObjectName& parent : object.parents) {
      const LiveObject* old = was_.find(parent.kind, parent.identity);
      if (old != nullptr && made_.contains(old)) return true;
    }
    if (mentions_remade_enum(object)) return true;
    if (!is_of(object, {"view", "materialized view", "rule", "policy", "trigger"})) return false;
    const std::string text =
        value_of(object, "definition") + value_of(object, "using") + value_of(object, "with check");
    for (const LiveObject* other : made_) {
      const bool there = is_.find(other->kind, other->identity) != nullptr;
      const bool used =
          is_of(*other, {"view", "materialized view", "function", "table", "aggregate"});
      if (there && used && other != &object && mentions(text, mention_name(*other))) return true;
    }
    return std::ranges::any_of(changed_, [&](const LiveObject* other) {
      return other->kind == "column" && changes_type(*other) && mentions(text, parent_of(*other)) &&
             mentions_part(text, own_name(*other));
    });
  }

  // Something else's drop is enough.
  bool goes_by_itself(const LiveObject& object) const {
    if (object.kind == "index" && value_of(object, "definition").empty()) return true;
    if (object.kind == "column" && value_of(object, "type").empty()) return true;  // of a view
    if (object.kind == "column" && is_inherited(object, is_)) return true;
    // The column says that it is not null, whatever the constraint's name is.
    if (object.kind == "constraint" && value_of(object, "definition").starts_with("NOT NULL"))
      return true;
    if (object.kind == "sequence") {
      const LiveObject* column = is_.find("column", value_of(object, "owned by"));
      if (column != nullptr && !value_of(*column, "identity").empty()) return true;
    }
    return std::ranges::any_of(object.parents, [&](const ObjectName& parent) {
      const LiveObject* one = is_.find(parent.kind, parent.identity);
      return one != nullptr && dropped_.contains(one);
    });
  }

  // Of a table that stays, where others go on reading and writing meanwhile.
  bool is_built_concurrently(const LiveObject& index, const SnapshotIndex& in) const {
    if (build_ == IndexBuild::locking || index.kind != "index") return false;
    const ObjectName& parent = index.parents.front();
    const LiveObject* was = was_.find(parent.kind, parent.identity);
    const LiveObject* is = is_.find(parent.kind, parent.identity);
    return was != nullptr && is != nullptr && !made_.contains(was) && index.parents.size() == 1 &&
           value_of(*in.find(parent.kind, parent.identity), "partition key").empty();
  }

  Statements with_concurrently(Statements statements) const {
    for (std::string& statement : statements) {
      for (const std::string_view words :
           {"CREATE INDEX ", "CREATE UNIQUE INDEX ", "DROP INDEX "}) {
        if (statement.starts_with(words)) statement.insert(words.size(), "CONCURRENTLY ");
      }
    }
    return statements;
  }

  void drop(const LiveObject& object, Phase phase, Undo& undo) {
    const bool anew = was_.find(object.kind, object.identity) != nullptr;
    bool late = is_base(object) && !anew;
    if (late) {
      const std::string text = needs_text(object, is_);
      late = std::ranges::none_of(dropped_, [&](const LiveObject* other) {
        return !is_base(*other) && is_of(*other, {"table", "view", "materialized view"}) &&
               mentions(text, other->identity);
      });
    }
    if (late != (phase == Phase::last) || goes_by_itself(object)) return;
    if (is_only_granted(object)) return add(undo, grant_statements(&object, nullptr));
    const std::string statement = drop_statement(object);
    if (!statement.empty()) {
      const bool concurrently = is_built_concurrently(object, is_);
      add(undo, concurrently ? with_concurrently({statement}) : Statements{statement});
    } else {
      undo.losses.push_back(object.kind + " " + object.identity + " must be taken back by hand");
    }
  }

  std::vector<const LiveObject*> dropping_order() const {
    std::vector<const LiveObject*> order_of_drops(dropped_.begin(), dropped_.end());
    in_order(order_of_drops, is_);
    std::ranges::reverse(order_of_drops);
    return order_of_drops;
  }

  // By rank and name, but nothing before what it mentions.
  static void in_order(std::vector<const LiveObject*>& objects, const SnapshotIndex& in) {
    std::ranges::sort(objects, {}, [&](const LiveObject* object) {
      return std::tuple(
          rank(*object, in), parent_of(*object),
          object->kind == "column" ? value_of(*object, "position").size() : 0,
          object->kind == "column" ? value_of(*object, "position") : object->identity);
    });
    std::vector<const LiveObject*> sorted;
    std::set<const LiveObject*> visited;
    for (const LiveObject* object : objects) visit(object, objects, in, visited, sorted);
    objects = std::move(sorted);
  }

  static void visit(const LiveObject* object, const std::vector<const LiveObject*>& all,
                    const SnapshotIndex& in, std::set<const LiveObject*>& visited,
                    std::vector<const LiveObject*>& sorted) {
    if (!visited.insert(object).second) return;
    const std::string text = needs_text(*object, in);
    for (const LiveObject* other : all) {
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
  bool comes_by_itself(const LiveObject& object) const {
    if (object.kind != "column") return false;
    if (is_inherited(object, was_)) return true;
    const ObjectName& parent = object.parents.front();
    const LiveObject* table = was_.find(parent.kind, parent.identity);
    return table != nullptr && made_.contains(table);
  }

  void make(const LiveObject& object, Undo& undo) {
    if (is_only_granted(object)) return add(undo, grant_statements(nullptr, &object));
    if (!is_written(object)) {
      undo.losses.push_back(object.kind + " " + object.identity + " must be made again by hand");
      return;
    }
    if (is_left_out(object, undo)) return;
    if (!comes_by_itself(object)) add(undo, creation(object, undo));
    if (object.kind == "sequence" && !value_of(object, "owned by").empty())
      owned_.push_back(&object);
    add(undo, remark_statements(nullptr, object, usual_owner_));
  }

  Statements creation(const LiveObject& object, Undo& undo) const {
    if (object.kind == "column") return returning_->add(object, undo.losses);
    if (is_of_kept_table(object) && !returning_->is_about_nothing(object)) {
      say_what_may_fail(object, is_.find(object.kind, object.identity), undo.losses);
    }
    Statements statements = create_statements(object, was_);
    return is_built_concurrently(object, was_) ? with_concurrently(std::move(statements))
                                               : statements;
  }

  bool is_of_kept_table(const LiveObject& object) const {
    if (!is_of(object, {"constraint", "index"})) return false;
    const ObjectName& parent = object.parents.front();
    const LiveObject* table = was_.find(parent.kind, parent.identity);
    return table != nullptr && !made_.contains(table);
  }

  // A constraint that no row can hold, and its index.
  bool is_left_out(const LiveObject& object, Undo& undo) const {
    if (returning_->cannot_hold(object)) {
      returning_->say_left_out(object, undo.losses);
      return true;
    }
    return object.kind == "index" &&
           std::ranges::any_of(object.parents, [&](const ObjectName& parent) {
             const LiveObject* one = was_.find(parent.kind, parent.identity);
             return one != nullptr && made_.contains(one) && returning_->cannot_hold(*one);
           });
  }

  // An operator class brings its own members into its family, and takes them along.
  bool has_other_classes(const LiveObject& family) const {
    const auto is_of_family = [&](const LiveObject* object) {
      return object->kind == "operator class" && parent_of(*object) == family.identity;
    };
    return std::ranges::any_of(dropped_, is_of_family) || std::ranges::any_of(made_, is_of_family);
  }

  // Those of the kinds; without any, those that are not changed early.
  void change(const LiveObject& object, std::initializer_list<std::string_view> kinds, Undo& undo) {
    const bool early = is_of(object, {"table", "enum", "domain", "column"});
    if (kinds.size() == 0 ? early : !is_of(object, kinds)) return;
    if (is_only_granted(object)) {
      if (value_of(object, "grants") == value_of(now(object), "grants")) return;
      return add(undo, grant_statements(&now(object), &object));
    }
    if (object.kind == "operator family" && has_other_classes(object)) return;
    add(undo, alter_statements(object, now(object), was_, undo.losses));
    add(undo, remark_statements(is_remade(object) ? nullptr : &now(object), object, usual_owner_));
  }

  // A sequence can be owned once its column is there.
  void own_sequences(Undo& undo) const {
    for (const LiveObject* sequence : owned_) {
      const LiveObject* column = was_.find("column", value_of(*sequence, "owned by"));
      if (column != nullptr && !value_of(*column, "identity").empty()) continue;
      undo.statements.push_back("ALTER SEQUENCE " + sequence->identity + " OWNED BY " +
                                value_of(*sequence, "owned by"));
    }
  }

  // Of those that stay.
  bool is_last(const LiveObject& column) const {
    const LiveObject* table = was_.find("table", parent_of(column));
    if (table == nullptr) return true;
    for (const LiveObject* other : was_.children(*table, "column")) {
      const bool later = std::atoi(value_of(*other, "position").c_str()) >
                         std::atoi(value_of(column, "position").c_str());
      if (later && !made_.contains(other)) return false;
    }
    return true;
  }

  void say_losses(Undo& undo) const {
    for (const LiveObject* object : made_) {
      if (object->kind == "table" && is_.find(object->kind, object->identity) == nullptr) {
        undo.losses.push_back("the rows that table " + object->identity + " had do not come back");
      }
      const bool column = object->kind == "column" && object->parents.front().kind == "table";
      if (column && !comes_by_itself(*object)) say_lost_column(*object, undo);
    }
    for (const LiveObject* object : changed_) {
      const LiveObject& is = now(*object);
      if (is_another_column(*object, is)) {
        undo.losses.push_back("the values that column " + object->identity +
                              " had do not come back: another one has taken its name");
      } else if (object->kind == "table" && object->id != is.id) {
        undo.losses.push_back("table " + object->identity +
                              " is another one than before: rows that were not copied to it do not "
                              "come back");
      }
    }
  }

  void say_lost_column(const LiveObject& column, Undo& undo) const {
    undo.losses.push_back("the values that column " + column.identity + " had do not come back");
    if (!is_last(column)) {
      undo.losses.push_back("column " + column.identity + " comes back as the last one");
    }
  }

  const LiveSnapshot& before_;
  const LiveSnapshot& after_;
  SnapshotIndex was_;
  SnapshotIndex is_;
  IndexBuild build_;
  std::string usual_owner_;
  std::set<std::string> remade_;  // enums
  const Returning* returning_ = nullptr;
  // In the order of the snapshots, so that the same two always give the same script.
  struct ByName {
    bool operator()(const LiveObject* a, const LiveObject* b) const {
      return std::tie(a->kind, a->identity) < std::tie(b->kind, b->identity);
    }
  };
  std::set<const LiveObject*, ByName> dropped_;  // of after
  std::set<const LiveObject*, ByName> made_;     // of before
  std::vector<const LiveObject*> changed_;       // of before: it stays, perhaps as it is
  std::vector<const LiveObject*> owned_;         // sequences that were made
};

}  // namespace

Undo undo(const LiveSnapshot& before, const LiveSnapshot& after, IndexBuild build) {
  Undo result;
  Undoing(before, after, build).write(result);
  const auto reads_its_body = [](const std::string& statement) {
    return statement.find("\n  LANGUAGE sql") != statement.npos;
  };
  if (std::ranges::any_of(result.statements, reads_its_body)) {
    // A function may come before what it reads from. What is built concurrently makes no
    // transaction for SET LOCAL.
    const char* set = build == IndexBuild::locking ? "SET LOCAL" : "SET";
    result.statements.insert(result.statements.begin(),
                             std::string(set) + " check_function_bodies = off");
  }
  return result;
}

}  // namespace pgtide::schema
