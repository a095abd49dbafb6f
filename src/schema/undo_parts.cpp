#include "schema/undo_parts.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace pgtide::schema {
namespace {

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '"' ||
         (c & 0x80) != 0;
}

}  // namespace

const std::string& value_of(const Object& object, std::string_view attribute) {
  static const std::string none;
  const auto found = std::ranges::find(object.attributes, attribute, &Attribute::name);
  return found == object.attributes.end() ? none : found->value;
}

std::string parent_of(const Object& object) {
  return object.parents.empty() ? std::string() : object.parents.front().identity;
}

std::string own_name(const Object& object) {
  const std::string parent = parent_of(object) + ".";
  return object.identity.starts_with(parent) ? object.identity.substr(parent.size())
                                             : object.identity;
}

bool is_of(const Object& object, std::initializer_list<std::string_view> kinds) {
  return std::ranges::find(kinds, object.kind) != kinds.end();
}

bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; ++at) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || (!in_name(text[at - 1]) && text[at - 1] != '.');
    if (begins && (end == text.size() || !in_name(text[end]))) return true;
  }
  return false;
}

std::string without_arguments(const std::string& identity) {
  bool quoted = false;
  for (std::size_t at = 0; at < identity.size(); ++at) {
    if (identity[at] == '"') quoted = !quoted;
    if (identity[at] == '(' && !quoted) return identity.substr(0, at);
  }
  return identity;
}

SnapshotIndex::SnapshotIndex(const Snapshot& snapshot) {
  for (const Object& object : snapshot.objects) {
    objects_[{object.kind, object.identity}] = &object;
    for (const ObjectName& parent : object.parents) {
      children_[{parent.kind, parent.identity}].push_back(&object);
    }
  }
  for (auto& [parent, children] : children_) {
    std::ranges::stable_sort(children, {}, [](const Object* child) {
      return std::atoi(value_of(*child, "position").c_str());
    });
  }
}

const Object* SnapshotIndex::find(const std::string& kind, const std::string& identity) const {
  const auto found = objects_.find({kind, identity});
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<const Object*> SnapshotIndex::children(const Object& parent,
                                                   std::string_view kind) const {
  std::vector<const Object*> children;
  const auto found = children_.find({parent.kind, parent.identity});
  if (found == children_.end()) return children;
  for (const Object* child : found->second) {
    if (child->kind == kind) children.push_back(child);
  }
  return children;
}

std::vector<const Object*> SnapshotIndex::all(std::string_view kind) const {
  std::vector<const Object*> found;
  for (const auto& [name, object] : objects_) {
    if (object->kind == kind) found.push_back(object);
  }
  return found;
}

std::string target(const Object& object) {
  std::string noun = object.kind;
  std::ranges::transform(noun, noun.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (is_of(object, {"enum", "composite type", "range", "base type"})) noun = "TYPE";
  if (object.kind == "foreign server") noun = "SERVER";
  if (object.kind == "constraint" && object.parents.front().kind == "domain") {
    return "CONSTRAINT " + own_name(object) + " ON DOMAIN " + parent_of(object);
  }
  if (is_of(object, {"constraint", "trigger", "rule", "policy"})) {
    return noun + " " + own_name(object) + " ON " + parent_of(object);
  }
  if (is_of(object, {"operator class", "operator family"})) {
    std::string identity = object.identity;
    const std::size_t using_at = identity.rfind(" using ");
    return noun + " " + identity.substr(0, using_at) + " USING " + identity.substr(using_at + 7);
  }
  return noun + " " + object.identity;
}

}  // namespace pgtide::schema
