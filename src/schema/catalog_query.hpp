// What a snapshot is read with: queries, each with how its rows become part of the snapshot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pgtide/query.hpp"

namespace pgtide::schema {

enum class Breadth {
  database,  // what lasts: what one database is compared with later, or with another
  content,   // and whether materialized views hold anything
  server     // and what belongs to the whole server: roles, databases, tablespaces, settings
};

// What decides how the queries are written.
struct ServerTraits {
  int version = 0;  // as server_version_num
  Breadth breadth = Breadth::database;
  std::string bootstrap_superuser;
  bool subscriptions_readable = false;
  std::vector<std::string_view> rare = {};  // of rare_catalogs(): those that have rows
};

// Catalogs that hold nothing of the user's in most databases. To look once is much cheaper than to
// plan the queries.
struct RareCatalog {
  std::string_view name;
  std::string_view own_rows;  // what holds for the rows that initdb did not make
};
const std::vector<RareCatalog>& rare_catalogs();

using Row = std::vector<Param>;
using Rows = std::vector<Row>;

// How a query's rows are laid out. `key` is the object's id and sub-id (a column's number, else 0).
enum class Layout {
  members,         // catalog, id: what an extension owns
  initial_grants,  // catalog, key, ACL: what an extension's script granted
  // key, parents, namespace, kind, identity, owner, ACL, default ACL, then the attributes. Parents
  // are `catalog:id` or `catalog:id:sub-id`, separated by blanks. An identity that begins with a
  // full stop follows the first parent's.
  objects,
  system_objects,  // likewise; of these nothing counts but what was granted or revoked
  details,         // key, then attributes of an object that an earlier query gave
  remarks          // catalog, key, name, value: one attribute of such an object
};

// An attribute whose name ends with `[]` is an array of options: sorted, and secrets are hashed.
// `^` is no attribute but more parents, and `position` holds whether the column is counted.
struct CatalogQuery {
  Layout layout = Layout::objects;
  int catalog = 0;  // the catalog's own id, as in pg_depend.classid
  std::string sql;
  std::vector<std::string_view> attributes = {};
  std::string_view rare = {};  // of rare_catalogs(): the query has rows only when that one has
};

namespace catalogs {
inline constexpr int types = 1247;
inline constexpr int functions = 1255;
inline constexpr int relations = 1259;
inline constexpr int default_grants = 826;
inline constexpr int constraints = 2606;
inline constexpr int schemas = 2615;
}  // namespace catalogs

// Parents come before children. Without those of rare catalogs that are empty.
std::vector<CatalogQuery> catalog_queries(const ServerTraits& server);

// The parts of it, a file each.
void add_relation_queries(const ServerTraits& server, std::vector<CatalogQuery>& out);
void add_table_part_queries(const ServerTraits& server, std::vector<CatalogQuery>& out);
void add_type_queries(const ServerTraits& server, std::vector<CatalogQuery>& out);
void add_routine_queries(const ServerTraits& server, std::vector<CatalogQuery>& out);
void add_operator_queries(std::vector<CatalogQuery>& out);
void add_text_search_queries(std::vector<CatalogQuery>& out);
void add_service_queries(const ServerTraits& server, std::vector<CatalogQuery>& out);
void add_cluster_queries(const ServerTraits& server, std::vector<CatalogQuery>& out);

}  // namespace pgtide::schema
