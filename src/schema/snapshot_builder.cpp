#include "schema/snapshot_builder.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>
#include <utility>

#include "schema/grants.hpp"
#include "schema/options.hpp"
#include "schema/view_text.hpp"

namespace pgtide::schema {
namespace {

// Columns of Layout::objects before the attributes.
enum Head { id, sub_id, parents, schema, kind, identity, owner, acl, default_acl, head_size };

constexpr std::uint64_t public_schema_id = 2200;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Identifiers of catalogs and numbers of columns have 16 bits, those of objects 32.
std::uint64_t key_of(std::uint64_t catalog, std::uint64_t object, std::uint64_t sub) {
  return catalog << 48 | object << 16 | (sub & 0xFFFF);
}

std::uint64_t key_of(int catalog, const Row& row) {
  return key_of(static_cast<std::uint64_t>(catalog), number(*row[id]), number(*row[sub_id]));
}

constexpr std::uint64_t public_schema =
    static_cast<std::uint64_t>(catalogs::schemas) << 48 | public_schema_id << 16;

std::uint64_t without_sub(std::uint64_t key) {
  return key & ~std::uint64_t{0xFFFF};
}

// `1259:16400 2606:16405`, `1259:16400:3`
std::vector<std::uint64_t> parse_keys(std::string_view text) {
  std::vector<std::uint64_t> keys;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    std::string_view one = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    std::uint64_t parts[3] = {};
    for (std::uint64_t& part : parts) {
      const std::size_t colon = std::min(one.find(':'), one.size());
      part = number(one.substr(0, colon));
      one.remove_prefix(std::min(colon + 1, one.size()));
    }
    keys.push_back(key_of(parts[0], parts[1], parts[2]));
  }
  return keys;
}

void append(std::vector<Attribute>& attributes, std::string_view name, std::string value) {
  for (Attribute& attribute : attributes) {
    if (attribute.name != name) continue;
    attribute.value += ", " + value;
    return;
  }
  attributes.push_back({.name = std::string(name), .value = std::move(value)});
}

void modernise(Object& object) {
  if (object.kind != "view" && object.kind != "materialized view") return;
  for (Attribute& attribute : object.attributes) {
    if (attribute.name == "definition")
      attribute.value = without_needless_qualifiers(attribute.value);
  }
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(ServerTraits server, const LedgerNames& own)
    : server_(std::move(server)), own_(own) {}

void SnapshotBuilder::add(const CatalogQuery& query, const Rows& rows) {
  switch (query.layout) {
    case Layout::members:
      return add_members(rows);
    case Layout::initial_grants:
      return add_initial_grants(rows);
    case Layout::objects:
    case Layout::system_objects:
      return add_objects(query, rows);
    case Layout::details:
      return add_details(query, rows);
    case Layout::remarks:
      return add_remarks(rows);
  }
}

void SnapshotBuilder::add_members(const Rows& rows) {
  for (const Row& row : rows) members_.insert(key_of(number(*row[0]), number(*row[1]), 0));
}

void SnapshotBuilder::add_initial_grants(const Rows& rows) {
  for (const Row& row : rows) {
    initial_grants_[key_of(number(*row[0]), number(*row[1]), number(*row[2]))] =
        row[3].value_or("{}");
  }
}

void SnapshotBuilder::add_objects(const CatalogQuery& query, const Rows& rows) {
  entries_.reserve(entries_.size() + rows.size());
  for (const Row& row : rows) add_object(query, row);
}

void SnapshotBuilder::add_object(const CatalogQuery& query, const Row& row) {
  const Key key = key_of(query.catalog, row);
  Entry entry;
  if (row[parents]) entry.parents = parse_keys(*row[parents]);
  if (row[schema]) {
    entry.schema = key_of(catalogs::schemas, number(*row[schema]), 0);
    if (!schemas_.contains(entry.schema)) return;
  }
  entry.object.kind = *row[kind];
  entry.object.identity = *row[identity];
  if (entry.object.identity.starts_with('.') && !entry.parents.empty()) {
    const auto parent = places_.find(entry.parents[0]);
    if (parent == places_.end()) return;
    entry.object.identity = entries_[parent->second].object.identity + entry.object.identity;
  }
  if (is_own(entry.object)) {
    hidden_.insert(key);
    return;
  }
  const bool is_system = query.layout == Layout::system_objects;
  if (query.catalog == catalogs::schemas && !is_system) schemas_.insert(key);
  const bool foreign = is_system || members_.contains(key);
  entry.object.id = key;
  entry.object.owner = row[owner].value_or("");
  entry.object.usual_grants = usual_grants(row, key);
  std::optional<std::string> granted = grants(query, row, entry.object.usual_grants);
  if (foreign && !granted) return;
  // The object itself is not part of the schema.
  if (foreign) entry.object.kind = "rights on " + entry.object.kind;
  if (!foreign) {
    add_owner(query, row, key, entry);
    add_attributes(query, row, head_size, entry);
    if (server_.version < 160000) modernise(entry.object);
  }
  if (granted) append(entry.object.attributes, "grants", std::move(*granted));
  places_.emplace(key, entries_.size());
  entries_.push_back(std::move(entry));
}

bool SnapshotBuilder::is_own(const Object& object) const {
  if (object.kind != "table" && object.kind != "view") return false;
  // Quoted or not: the server quotes what it must, keywords too.
  const auto is_called = [](std::string_view text, const std::string& name) {
    return text == name || text == quote_identifier(name);
  };
  const auto named = [&](const std::string& name) {
    const std::string_view identity = object.identity;
    for (const std::string& schema : {own_.schema, quote_identifier(own_.schema)}) {
      if (!identity.starts_with(schema + ".")) continue;
      if (is_called(identity.substr(schema.size() + 1), name)) return true;
    }
    return false;
  };
  return object.kind == "table" ? named(own_.table) || named(own_.log())
                                : named(own_.health_view());
}

// As they were from the beginning.
std::string SnapshotBuilder::usual_grants(const Row& row, Key key) const {
  if (!row[default_acl]) return {};
  if (key == public_schema) {
    return server_.version >= 150000 ? "PUBLIC: USAGE; owner: ALL" : "PUBLIC: ALL; owner: ALL";
  }
  const std::string& usual = *row[default_acl];
  const auto initial = initial_grants_.find(key);
  return grants_in_words(initial == initial_grants_.end() ? usual : initial->second, usual,
                         row[owner].value_or(""));
}

// Nothing when they are as they were from the beginning.
std::optional<std::string> SnapshotBuilder::grants(const CatalogQuery& query, const Row& row,
                                                   const std::string& unchanged) const {
  if (!row[default_acl]) return std::nullopt;
  const std::string& usual = *row[default_acl];
  std::string text = grants_in_words(row[acl].value_or(usual), usual, row[owner].value_or(""));
  if (text == unchanged && query.catalog != catalogs::default_grants) return std::nullopt;
  return text;
}

void SnapshotBuilder::add_owner(const CatalogQuery& query, const Row& row, Key key,
                                Entry& entry) const {
  if (!row[owner] || *row[sub_id] != "0" || query.catalog == catalogs::default_grants) return;
  const std::string& usual =
      server_.version >= 150000 ? "pg_database_owner" : server_.bootstrap_superuser;
  if (key == public_schema && *row[owner] == usual) return;
  entry.object.attributes.push_back({"owner", *row[owner]});
}

void SnapshotBuilder::add_attributes(const CatalogQuery& query, const Row& row, std::size_t first,
                                     Entry& entry) {
  for (std::size_t i = 0; i < query.attributes.size(); ++i) {
    const Param& value = row[first + i];
    if (!value || value->empty()) continue;
    std::string_view name = query.attributes[i];
    if (name == "^") {
      const std::vector<Key> more = parse_keys(*value);
      entry.parents.insert(entry.parents.end(), more.begin(), more.end());
    } else if (name == "position") {
      append(entry.object.attributes, name, position(row));
    } else if (name.ends_with("[]")) {
      name.remove_suffix(2);
      std::string options = options_in_words(*value);
      if (!options.empty()) append(entry.object.attributes, name, std::move(options));
    } else {
      append(entry.object.attributes, name, *value);
    }
  }
}

// Dropped columns leave gaps in the numbers.
std::string SnapshotBuilder::position(const Row& row) {
  if (*row[id] != counted_relation_) {
    counted_relation_ = *row[id];
    counted_ = 0;
  }
  return std::to_string(++counted_);
}

void SnapshotBuilder::add_details(const CatalogQuery& query, const Rows& rows) {
  for (const Row& row : rows) {
    const auto place = places_.find(key_of(query.catalog, row));
    if (place != places_.end() && !members_.contains(place->first)) {
      add_attributes(query, row, 2, entries_[place->second]);
    }
  }
}

void SnapshotBuilder::add_remarks(const Rows& rows) {
  for (const Row& row : rows) {
    const Key key = key_of(number(*row[0]), number(*row[1]), number(*row[2]));
    const auto place = places_.find(key);
    if (place == places_.end() || members_.contains(key) || !row[4]) continue;
    append(entries_[place->second].object.attributes, *row[3], *row[4]);
  }
}

// What belongs to something that is left out is left out with it.
bool SnapshotBuilder::is_left_out(const Entry& entry) const {
  return std::ranges::any_of(entry.parents, [&](Key parent) {
    const Key whole = without_sub(parent);
    if (hidden_.contains(whole)) return true;
    const Key catalog = parent >> 48;
    const bool holds = catalog == catalogs::relations || catalog == catalogs::types;
    return holds && (!places_.contains(parent) || members_.contains(whole));
  });
}

// A schema that holds nothing but the ledger was made for it.
void SnapshotBuilder::hide_own_schema() {
  if (hidden_.empty() || own_.schema == "public") return;
  for (const auto& [key, place] : places_) {
    const Object& object = entries_[place].object;
    const std::string& name = own_.schema;
    if (object.kind != "schema" ||
        (object.identity != name && object.identity != quote_identifier(name)))
      continue;
    const bool used = std::ranges::any_of(entries_, [&, schema = key](const Entry& entry) {
      return entry.schema == schema && !is_left_out(entry);
    });
    if (!used) hidden_.insert(key);
  }
}

void SnapshotBuilder::set_parents(Entry& entry) {
  for (const Key parent : entry.parents) {
    const auto place = places_.find(parent);
    if (place == places_.end()) continue;
    const Object& object = entries_[place->second].object;
    entry.object.parents.push_back({object.kind, object.identity});
  }
}

// A sequence that belongs to a column is as logged as its table, since PostgreSQL 15 at least.
void SnapshotBuilder::join_sequence(Entry& entry) {
  if (entry.object.kind != "sequence" || entry.parents.empty()) return;
  const auto column = places_.find(entry.parents[0]);
  const auto table = places_.find(without_sub(entry.parents[0]));
  if (column == places_.end() || table == places_.end()) return;
  append(entry.object.attributes, "owned by", entries_[column->second].object.identity);
  const auto is_unlogged = [](const Object& object) {
    return std::ranges::find(object.attributes, "persistence", &Attribute::name) !=
           object.attributes.end();
  };
  const bool of_unlogged = is_unlogged(entries_[table->second].object);
  if (is_unlogged(entry.object)) {
    if (!of_unlogged) return;
    std::erase_if(entry.object.attributes,
                  [](const Attribute& attribute) { return attribute.name == "persistence"; });
  } else if (of_unlogged && server_.version >= 150000) {
    append(entry.object.attributes, "persistence", "logged");
  }
}

LiveSnapshot SnapshotBuilder::finish_live() {
  hide_own_schema();
  for (Entry& entry : entries_) {
    set_parents(entry);
    join_sequence(entry);
  }
  LiveSnapshot snapshot;
  snapshot.objects.reserve(entries_.size());
  for (const auto& [key, place] : places_) {
    Entry& entry = entries_[place];
    if (hidden_.contains(key) || is_left_out(entry)) continue;
    std::ranges::sort(entry.object.attributes, {}, &Attribute::name);
    snapshot.objects.push_back(std::move(entry.object));
  }
  std::ranges::sort(snapshot.objects, {},
                    [](const Object& object) { return std::tie(object.kind, object.identity); });
  return snapshot;
}

}  // namespace pgtide::schema
