#include "pgtide/schema/difference.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>

#include "schema/column_order.hpp"

namespace pgtide::schema {
namespace {

bool is_of_server(const std::string& kind) {
  static constexpr std::string_view kinds[] = {
      "role",           "membership",       "database",           "tablespace",
      "server setting", "replication slot", "rights on parameter"};
  return std::ranges::find(kinds, kind) != std::end(kinds);
}

Aspect aspect_of(const std::string& kind, const std::string& attribute) {
  if (is_of_server(kind)) return Aspect::server;
  if (attribute == "position") return Aspect::column_order;
  if (attribute == "owner" || attribute == "grants") return Aspect::ownership;
  return Aspect::definition;
}

Difference whole(Change change, const Object& object) {
  return {.change = change,
          .aspect = aspect_of(object.kind, ""),
          .kind = object.kind,
          .identity = object.identity};
}

void compare(const Object& before, const Object& after, std::vector<Difference>& out) {
  const auto changed = [&](const std::string& name, std::string from, std::string to) {
    out.push_back({.aspect = aspect_of(before.kind, name),
                   .kind = before.kind,
                   .identity = before.identity,
                   .attribute = name,
                   .before = std::move(from),
                   .after = std::move(to)});
  };
  auto left = before.attributes.begin();
  auto right = after.attributes.begin();
  while (left != before.attributes.end() || right != after.attributes.end()) {
    if (right == after.attributes.end() ||
        (left != before.attributes.end() && left->name < right->name)) {
      changed(left->name, left->value, "");
      ++left;
    } else if (left == before.attributes.end() || right->name < left->name) {
      changed(right->name, "", right->value);
      ++right;
    } else {
      if (left->value != right->value) changed(left->name, left->value, right->value);
      ++left;
      ++right;
    }
  }
}

// Whether an object came or went with one that it belongs to.
class Belonging {
 public:
  Belonging(const Snapshot& of, const Snapshot& counterpart) : of_(of), counterpart_(counterpart) {}

  bool is_told_with_parent(const Object& object) const {
    return std::ranges::any_of(object.parents, [&](const ObjectName& parent) {
      return has(of_, parent) && !has(counterpart_, parent);
    });
  }

 private:
  static bool has(const Snapshot& snapshot, const ObjectName& name) {
    const auto key = [](const auto& one) { return std::tie(one.kind, one.identity); };
    const auto found =
        std::ranges::lower_bound(snapshot.objects, std::tie(name.kind, name.identity), {}, key);
    return found != snapshot.objects.end() && found->kind == name.kind &&
           found->identity == name.identity;
  }

  const Snapshot& of_;
  const Snapshot& counterpart_;
};

}  // namespace

std::vector<Difference> diff(const Snapshot& before, const Snapshot& after) {
  std::vector<Difference> out;
  const Belonging removed(before, after);
  const Belonging added(after, before);
  const auto tell = [&](Change change, const Object& object, const Belonging& belonging) {
    if (!belonging.is_told_with_parent(object)) out.push_back(whole(change, object));
  };
  const auto key = [](const Object& object) { return std::tie(object.kind, object.identity); };
  auto left = before.objects.begin();
  auto right = after.objects.begin();
  while (left != before.objects.end() || right != after.objects.end()) {
    if (right == after.objects.end() ||
        (left != before.objects.end() && key(*left) < key(*right))) {
      tell(Change::removed, *left++, removed);
    } else if (left == before.objects.end() || key(*right) < key(*left)) {
      tell(Change::added, *right++, added);
    } else {
      compare(*left++, *right++, out);
    }
  }
  gather_column_order(before, after, out);
  return out;
}

std::string describe(const Difference& difference) {
  std::string text = difference.kind + " " + difference.identity;
  if (difference.change == Change::added) return text + ": added";
  if (difference.change == Change::removed) return text + ": removed";
  const auto shown = [](const std::string& value) { return value.empty() ? "none" : value; };
  return text + ": " + difference.attribute + " " + shown(difference.before) + " -> " +
         shown(difference.after);
}

}  // namespace pgtide::schema
