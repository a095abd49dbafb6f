#include "schema/own_schemas.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace pgtide::schema {
namespace {

// The first name of an identity, and how much of it that takes.
std::pair<std::string, std::size_t> first_name(std::string_view identity) {
  std::string name;
  if (!identity.starts_with('"')) {
    const std::size_t end = std::min(identity.find_first_of(". ("), identity.size());
    return {std::string(identity.substr(0, end)), end};
  }
  std::size_t at = 1;
  for (; at < identity.size(); ++at) {
    if (identity[at] == '"') {
      if (at + 1 >= identity.size() || identity[at + 1] != '"') break;
      ++at;
    }
    name += identity[at];
  }
  return {name, std::min(at + 1, identity.size())};
}

// The schema that it is in, empty when it is in none.
std::string schema_of(const Object& object) {
  if (object.kind == "schema" || object.kind == "rights on schema") {
    return first_name(object.identity).first;
  }
  if (object.kind == "default privileges") {
    const std::size_t in = object.identity.find(" in ");
    return in == std::string::npos ? "" : first_name(object.identity.substr(in + 4)).first;
  }
  const auto [name, end] = first_name(object.identity);
  return end < object.identity.size() && object.identity[end] == '.' ? name : "";
}

}  // namespace

std::set<std::string> schema_names(const Snapshot& snapshot) {
  std::set<std::string> names;
  for (const Object& object : snapshot.objects) {
    if (object.kind == "schema") names.insert(schema_of(object));
  }
  return names;
}

Snapshot without_schemas(Snapshot snapshot, const std::set<std::string>& names) {
  if (names.empty()) return snapshot;
  std::set<std::pair<std::string, std::string>> gone;
  for (const Object& object : snapshot.objects) {
    if (names.contains(schema_of(object))) gone.emplace(object.kind, object.identity);
  }
  std::erase_if(snapshot.objects, [&](const Object& object) {
    return gone.contains({object.kind, object.identity}) ||
           std::ranges::any_of(object.parents, [&](const ObjectName& parent) {
             return gone.contains({parent.kind, parent.identity});
           });
  });
  return snapshot;
}

}  // namespace pgtide::schema
