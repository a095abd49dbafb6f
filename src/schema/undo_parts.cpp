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

const std::string& value_of(const LiveObject& object, std::string_view attribute) {
  static const std::string none;
  const auto found = std::ranges::find(object.attributes, attribute, &Attribute::name);
  return found == object.attributes.end() ? none : found->value;
}

std::string parent_of(const LiveObject& object) {
  return object.parents.empty() ? std::string() : object.parents.front().identity;
}

std::string own_name(const LiveObject& object) {
  const std::string parent = parent_of(object) + ".";
  return object.identity.starts_with(parent) ? object.identity.substr(parent.size())
                                             : object.identity;
}

bool is_of(const LiveObject& object, std::initializer_list<std::string_view> kinds) {
  return std::ranges::find(kinds, object.kind) != kinds.end();
}

bool mentions_part(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; ++at) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || !in_name(text[at - 1]);
    if (begins && (end == text.size() || !in_name(text[end]))) return true;
  }
  return false;
}

bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; ++at) {
    const std::string_view rest =
        text.substr(at == 0 ? 0 : at - 1, name.size() + (at == 0 ? 1 : 2));
    if (mentions_part(rest, name) && (at == 0 || text[at - 1] != '.')) return true;
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

std::vector<std::string> split_list(std::string_view list, std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at < list.size(); ++at) {
    const char c = list[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (depth == 0 && list.substr(at).starts_with(separator)) {
      parts.emplace_back(list.substr(begin, at - begin));
      begin = at + separator.size();
    }
  }
  if (begin < list.size()) parts.emplace_back(list.substr(begin));
  return parts;
}

QualifiedName split_name(const std::string& identity) {
  const std::vector<std::string> parts = split_list(identity, ".");
  if (parts.size() < 2) return {{}, identity};
  return {parts[0], identity.substr(parts[0].size() + 1)};
}

SnapshotIndex::SnapshotIndex(const LiveSnapshot& snapshot) {
  for (const LiveObject& object : snapshot.objects) {
    objects_[{object.kind, object.identity}] = &object;
    for (const ObjectName& parent : object.parents) {
      children_[{parent.kind, parent.identity}].push_back(&object);
    }
  }
  for (auto& [parent, children] : children_) {
    std::ranges::stable_sort(children, {}, [](const LiveObject* child) {
      return std::atoi(value_of(*child, "position").c_str());
    });
  }
}

const LiveObject* SnapshotIndex::find(const std::string& kind, const std::string& identity) const {
  const auto found = objects_.find({kind, identity});
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<const LiveObject*> SnapshotIndex::children(const LiveObject& parent,
                                                       std::string_view kind) const {
  std::vector<const LiveObject*> children;
  const auto found = children_.find({parent.kind, parent.identity});
  if (found == children_.end()) return children;
  for (const LiveObject* child : found->second) {
    if (child->kind == kind) children.push_back(child);
  }
  return children;
}

std::vector<const LiveObject*> SnapshotIndex::all(std::string_view kind) const {
  std::vector<const LiveObject*> found;
  for (const auto& [name, object] : objects_) {
    if (object->kind == kind) found.push_back(object);
  }
  return found;
}

bool is_inherited(const LiveObject& column, const SnapshotIndex& in) {
  if (!value_of(column, "inherited").empty()) return true;
  const LiveObject* table = in.find("table", parent_of(column));
  return table != nullptr && !value_of(*table, "partition of").empty();
}

std::string noun_of(const LiveObject& object) {
  if (is_of(object, {"enum", "composite type", "range", "base type"})) return "TYPE";
  if (object.kind == "foreign server") return "SERVER";
  std::string noun = object.kind;
  std::ranges::transform(noun, noun.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return noun;
}

std::string target(const LiveObject& object) {
  const std::string noun = noun_of(object);
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
