#include "engine/schema_levels.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace pgtide::engine {
namespace {

using schema::Attribute;
using schema::Object;

bool comes_before(const Object& a, const Object& b) {
  return std::tie(a.kind, a.identity) < std::tie(b.kind, b.identity);
}

bool same(const Object& a, const Object& b) {
  // What a password is made to has another salt each time.
  const auto is_salted = [&](const Attribute& attribute) {
    return a.kind == "role" && attribute.name == "password";
  };
  return std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(),
                    b.attributes.end(), [&](const Attribute& x, const Attribute& y) {
                      return x.name == y.name && (x.value == y.value || is_salted(x));
                    });
}

}  // namespace

SchemaStep step_between(const schema::Snapshot& before, const schema::Snapshot& after) {
  SchemaStep step;
  auto left = before.objects.begin();
  auto right = after.objects.begin();
  while (left != before.objects.end() || right != after.objects.end()) {
    if (right == after.objects.end() ||
        (left != before.objects.end() && comes_before(*left, *right))) {
      step.removed.push_back(*left++);
    } else if (left == before.objects.end() || comes_before(*right, *left)) {
      step.added.push_back(*right++);
    } else {
      if (!same(*left, *right)) {
        step.removed.push_back(*left);
        step.added.push_back(*right);
      }
      ++left;
      ++right;
    }
  }
  return step;
}

schema::Snapshot undone(schema::Snapshot after, const SchemaStep& step) {
  schema::Snapshot before;
  auto added = step.added.begin();
  std::vector<Object> kept;
  for (Object& object : after.objects) {
    while (added != step.added.end() && comes_before(*added, object)) ++added;
    const bool is_new = added != step.added.end() && !comes_before(object, *added);
    if (!is_new) kept.push_back(std::move(object));
  }
  std::merge(std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()),
             step.removed.begin(), step.removed.end(), std::back_inserter(before.objects),
             comes_before);
  return before;
}

}  // namespace pgtide::engine
