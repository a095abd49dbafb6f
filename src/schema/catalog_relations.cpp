// Schemas, extensions, tables, views, sequences and columns.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

CatalogQuery schemas() {
  return {Layout::objects, catalogs::schemas, R"(
SELECT oid, 0, NULL, NULL, 'schema', quote_ident(nspname), pg_get_userbyid(nspowner), nspacl, acldefault('n', nspowner)
FROM pg_namespace
WHERE nspname <> 'information_schema' AND nspname !~ '^pg_')"};
}

CatalogQuery extensions() {
  return {Layout::objects,
          3079,
          R"(
SELECT oid, 0, NULL, NULL, 'extension', quote_ident(extname), NULL, NULL, NULL,
  extversion, extnamespace::regnamespace
FROM pg_extension)",
          {"version", "schema"}};
}

CatalogQuery relations() {
  return {Layout::objects,
          catalogs::relations,
          R"(
SELECT oid, 0, NULL, relnamespace,
  CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
    WHEN 'f' THEN 'foreign table' ELSE 'table' END,
  oid::regclass, pg_get_userbyid(relowner), relacl,
  acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, relowner),
  CASE relpersistence WHEN 'u' THEN 'unlogged' END,
  CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END,
  pg_get_expr(relpartbound, oid),
  CASE WHEN reloftype <> 0 THEN format_type(reloftype, NULL) END,
  reloptions,
  CASE WHEN relrowsecurity THEN CASE WHEN relforcerowsecurity THEN 'enabled, forced' ELSE 'enabled' END
    WHEN relforcerowsecurity THEN 'forced' END,
  CASE WHEN relkind IN ('r', 'p', 'm') THEN CASE relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
    WHEN 'i' THEN 'index' END END,
  CASE WHEN relam <> 0 AND (relam <> 2 OR relkind = 'p') THEN (SELECT quote_ident(amname) FROM pg_am WHERE pg_am.oid = relam) END,
  CASE WHEN reltablespace <> 0
    THEN (SELECT quote_ident(spcname) FROM pg_tablespace s WHERE s.oid = reltablespace) END,
  CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END
FROM pg_class
WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND relpersistence <> 't')",
          {"persistence", "partition key", "partition bound", "of type", "options[]",
           "row security", "replica identity", "access method", "tablespace", "definition"}};
}

// Comes and goes with what people do at work, so it is no drift.
CatalogQuery populated() {
  return {Layout::details,
          catalogs::relations,
          R"(
SELECT oid, 0, 'no' FROM pg_class WHERE relkind = 'm' AND NOT relispopulated)",
          {"populated"}};
}

CatalogQuery toast_options() {
  return {Layout::details,
          catalogs::relations,
          R"(
SELECT c.oid, 0, t.reloptions
FROM pg_class t JOIN pg_class c ON c.reltoastrelid = t.oid
WHERE t.relkind = 't' AND t.reloptions IS NOT NULL)",
          {"toast options[]"}};
}

CatalogQuery columns(const ServerTraits& server) {
  const char* compression =
      server.version >= 140000
          ? "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END"
          : "NULL";
  return {Layout::objects,
          catalogs::relations,
          fmt::format(R"(
SELECT a.attrelid, a.attnum,
  CASE c.relkind WHEN 'c' THEN '1247:' || c.reltype ELSE '1259:' || a.attrelid END, NULL, 'column',
  '.' || quote_ident(a.attname),
  CASE WHEN a.attacl IS NOT NULL THEN pg_get_userbyid(c.relowner) END, a.attacl,
  CASE WHEN a.attacl IS NOT NULL THEN '{{}}' END,
  CASE WHEN c.relkind NOT IN ('v', 'm') AND (a.attislocal OR c.relispartition) THEN 1 END,
  CASE WHEN c.relkind NOT IN ('v', 'm') THEN format_type(a.atttypid, a.atttypmod) END,
  CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 AND c.relkind NOT IN ('v', 'm')
    THEN a.attcollation::regcollation END,
  CASE WHEN a.attnotnull THEN 'yes' END,
  CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
  CASE WHEN a.attgenerated <> '' THEN
    '(' || pg_get_expr(d.adbin, d.adrelid) || CASE a.attgenerated WHEN 'v' THEN ') virtual' ELSE ') stored' END END,
  CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
  CASE WHEN a.attstorage <> t.typstorage AND c.relkind <> 'v' THEN CASE a.attstorage
    WHEN 'p' THEN 'plain' WHEN 'm' THEN 'main' WHEN 'x' THEN 'extended' ELSE 'external' END END,
  {},
  CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
  a.attoptions, a.attfdwoptions,
  CASE WHEN NOT a.attislocal AND NOT c.relispartition THEN 'yes' END
FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't'
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
ORDER BY a.attrelid, a.attnum)",
                      compression),
          {"position", "type", "collation", "not null", "default", "generated", "identity",
           "storage", "compression", "statistics", "options[]", "fdw options[]", "inherited"}};
}

// Whose column's a sequence is.
CatalogQuery sequences() {
  return {Layout::details,
          catalogs::relations,
          R"(
SELECT seqrelid, 0, '1259:' || d.refobjid || ':' || d.refobjsubid,
  format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcache,
  CASE WHEN seqcycle THEN 'yes' END
FROM pg_sequence LEFT JOIN pg_depend d ON d.classid = 1259 AND d.objid = seqrelid AND d.objsubid = 0
    AND d.refclassid = 1259 AND d.deptype IN ('a', 'i'))",
          {"^", "type", "start", "increment", "minimum", "maximum", "cache", "cycle"},
          "pg_sequence"};
}

// What initdb made: nothing can be done to it that counts, but rights can be given and taken. Those
// on the information schema were given in a way that left no trace.
void add_system_objects(std::vector<CatalogQuery>& out) {
  out.push_back({Layout::system_objects, catalogs::relations, R"(
SELECT c.oid, 0, NULL, NULL, CASE relkind WHEN 'v' THEN 'view' ELSE 'table' END, c.oid::regclass, pg_get_userbyid(relowner),
  relacl, usual
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  LEFT JOIN pg_init_privs ON classoid = 1259 AND objoid = c.oid AND objsubid = 0,
  LATERAL (SELECT CASE WHEN initprivs IS NULL AND nspname = 'information_schema'
      AND relname !~ '^_pg' AND relname NOT IN ('sql_parts', 'transforms')
    THEN acldefault('r', relowner) || makeaclitem(0, relowner, 'SELECT', false)
    ELSE coalesce(initprivs, acldefault('r', relowner)) END) u (usual)
WHERE c.oid < 16384 AND relkind IN ('r', 'v') AND relacl IS NOT NULL AND relacl IS DISTINCT FROM usual)"});
  out.push_back({Layout::system_objects, catalogs::relations, R"(
SELECT attrelid, attnum, NULL, NULL, 'column', attrelid::regclass || '.' || quote_ident(attname), pg_get_userbyid(relowner),
  coalesce(attacl, '{}'), coalesce(initprivs, '{}')
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
  LEFT JOIN pg_init_privs ON classoid = 1259 AND objoid = attrelid AND objsubid = attnum
WHERE attrelid < 16384 AND attacl IS DISTINCT FROM initprivs)"});
  out.push_back({Layout::system_objects, catalogs::schemas, R"(
SELECT n.oid, 0, NULL, NULL, 'schema', quote_ident(nspname), pg_get_userbyid(nspowner), nspacl, usual
FROM pg_namespace n LEFT JOIN pg_init_privs ON classoid = 2615 AND objoid = n.oid,
  LATERAL (SELECT CASE WHEN initprivs IS NULL AND nspname = 'information_schema'
    THEN acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false)
    ELSE coalesce(initprivs, acldefault('n', nspowner)) END) u (usual)
WHERE n.oid < 16384 AND n.oid <> 2200 AND nspacl IS NOT NULL AND nspacl IS DISTINCT FROM usual)"});
  out.push_back({Layout::system_objects, catalogs::types, R"(
SELECT t.oid, 0, NULL, NULL, 'type', CASE typnamespace WHEN 11 THEN quote_ident(typname) ELSE format_type(t.oid, NULL) END,
  pg_get_userbyid(typowner), typacl,
  coalesce(initprivs, acldefault('T', typowner))
FROM pg_type t LEFT JOIN pg_init_privs ON classoid = 1247 AND objoid = t.oid
WHERE t.oid < 16384 AND typacl IS DISTINCT FROM initprivs)"});
}

}  // namespace

void add_relation_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(schemas());
  out.push_back(extensions());
  out.push_back(relations());
  if (server.breadth != Breadth::database) out.push_back(populated());
  out.push_back(toast_options());
  // Composite types are parents of columns.
  add_type_queries(server, out);
  out.push_back(columns(server));
  out.push_back(sequences());
  add_system_objects(out);
}

}  // namespace pgtide::schema
