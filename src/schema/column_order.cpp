#include "schema/column_order.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace pgtide::schema {
namespace {

constexpr const char* position = "position";

using TableKey = std::pair<std::string, std::string>;  // kind and identity
struct Columns {
  std::map<std::size_t, std::string> before;  // names by place
  std::map<std::size_t, std::string> after;
};

const Object* find_column(const Snapshot& snapshot, const std::string& identity) {
  const auto key = [](const Object& object) { return std::tie(object.kind, object.identity); };
  const std::string kind = "column";
  const auto found = std::ranges::lower_bound(snapshot.objects, std::tie(kind, identity), {}, key);
  const bool there =
      found != snapshot.objects.end() && found->kind == kind && found->identity == identity;
  return there ? &*found : nullptr;
}

std::size_t place_of(const Object& column) {
  for (const Attribute& attribute : column.attributes) {
    if (attribute.name == position) return std::stoul(attribute.value);
  }
  return 0;
}

std::string joined(const std::map<std::size_t, std::string>& columns) {
  std::string text;
  for (const auto& [place, name] : columns) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Columns of `tables` that both snapshots have.
std::map<TableKey, Columns> common_columns(const Snapshot& before, const Snapshot& after,
                                           const std::set<TableKey>& tables) {
  std::map<TableKey, Columns> found;
  for (const Object& column : before.objects) {
    if (column.kind != "column" || column.parents.empty()) continue;
    const ObjectName& table = column.parents.front();
    const TableKey key{table.kind, table.identity};
    if (!tables.contains(key)) continue;
    const Object* there = find_column(after, column.identity);
    if (there == nullptr) continue;
    const std::string name = column.identity.substr(table.identity.size() + 1);
    found[key].before[place_of(column)] = name;
    found[key].after[place_of(*there)] = name;
  }
  return found;
}

}  // namespace

void gather_column_order(const Snapshot& before, const Snapshot& after,
                         std::vector<Difference>& differences) {
  std::set<TableKey> tables;
  std::erase_if(differences, [&](const Difference& difference) {
    if (difference.kind != "column" || difference.attribute != position) return false;
    const Object* column = find_column(before, difference.identity);
    if (column == nullptr || column->parents.empty()) return false;
    tables.emplace(column->parents.front().kind, column->parents.front().identity);
    return true;
  });
  for (const auto& [table, columns] : common_columns(before, after, tables)) {
    std::string was = joined(columns.before);
    std::string is = joined(columns.after);
    if (was == is) continue;
    differences.push_back({.aspect = Aspect::column_order,
                           .kind = table.first,
                           .identity = table.second,
                           .attribute = "column order",
                           .before = std::move(was),
                           .after = std::move(is)});
  }
}

}  // namespace pgtide::schema
