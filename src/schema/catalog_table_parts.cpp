// Constraints, indexes, triggers, rules, policies and statistics objects.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

// What inheritance made goes with what it was inherited from. Since PostgreSQL 18 (17 for domains)
// NOT NULL is a constraint with a name; one with the usual name says no more than the column.
CatalogQuery constraints(const ServerTraits& server) {
  const char* not_null = server.version >= 170000 ? R"(
  AND NOT (k.contype = 'n' AND (NOT k.conislocal AND k.contypid = 0 OR k.convalidated AND NOT k.connoinherit AND (
    k.conname = coalesce(r.relname || '_' || a.attname, t.typname) || '_not_null'
    OR octet_length(coalesce(r.relname || '_' || a.attname, t.typname) || '_not_null') > 63
      AND k.conname ~ '_not_null$')
    AND NOT EXISTS (SELECT FROM pg_description e WHERE e.classoid = 2606 AND e.objoid = k.oid))))"
                                                  : "";
  const char* joins = server.version >= 170000 ? R"(
  LEFT JOIN pg_class r ON k.contype = 'n' AND r.oid = k.conrelid
  LEFT JOIN pg_attribute a ON k.contype = 'n' AND a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
  LEFT JOIN pg_type t ON k.contype = 'n' AND t.oid = k.contypid)"
                                               : "";
  return {Layout::objects,
          catalogs::constraints,
          fmt::format(R"(
SELECT k.oid, 0,
  CASE WHEN k.contypid <> 0 THEN '1247:' || k.contypid ELSE '1259:' || k.conrelid END
    || CASE WHEN k.conparentid <> 0 THEN ' 2606:' || k.conparentid ELSE '' END,
  NULL, 'constraint', '.' || quote_ident(k.conname), NULL, NULL, NULL,
  pg_get_constraintdef(k.oid)
FROM pg_constraint k{}
WHERE k.oid >= 16384 AND k.contype <> 't' AND (k.conislocal OR k.contype <> 'c')
  AND (k.contype <> 'f' OR k.conparentid = 0){})",
                      joins, not_null),
          {"definition"}};
}

// The definition of a constraint's index is the constraint's.
CatalogQuery indexes() {
  return {Layout::objects,
          catalogs::relations,
          R"(
SELECT i.indexrelid, 0,
  '1259:' || i.indrelid || CASE WHEN k.oid IS NULL THEN '' ELSE ' 2606:' || k.oid END
    || CASE WHEN h.inhparent IS NULL THEN '' ELSE ' 1259:' || h.inhparent END,
  NULL, 'index', i.indexrelid::regclass, NULL, NULL, NULL,
  CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid) END,
  CASE WHEN k.oid IS NOT NULL THEN c.reloptions END,
  CASE WHEN c.reltablespace <> 0
    THEN (SELECT quote_ident(spcname) FROM pg_tablespace s WHERE s.oid = c.reltablespace) END,
  CASE WHEN NOT i.indisvalid THEN 'no' END,
  CASE WHEN i.indisclustered THEN 'yes' END,
  CASE WHEN i.indisreplident THEN 'yes' END,
  CASE WHEN i.indexprs IS NOT NULL THEN (SELECT string_agg(attnum || ': ' || attstattarget, ', ' ORDER BY attnum)
    FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND attstattarget >= 0) END
FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid
WHERE i.indrelid >= 16384 AND c.relnamespace <> 99 AND c.relpersistence <> 't')",
          {"definition", "options[]", "tablespace", "valid", "clustered", "replica identity",
           "statistics"}};
}

CatalogQuery inheritance() {
  return {Layout::details,
          catalogs::relations,
          R"(
SELECT h.inhrelid, 0,
  CASE WHEN c.relispartition OR c.relkind IN ('i', 'I') THEN h.inhparent::regclass END,
  CASE WHEN NOT c.relispartition AND c.relkind NOT IN ('i', 'I') THEN h.inhparent::regclass END
FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
ORDER BY h.inhrelid, h.inhseqno)",
          {"partition of", "inherits"},
          "pg_inherits"};
}

// The functions behind foreign keys and deferrable unique constraints.
constexpr const char* internal_functions =
    "(1250, 1644, 1645, 1646, 1647, 1648, 1649, 1650, 1651, 1652, 1653, 1654, 1655)";

CatalogQuery triggers() {
  return {Layout::objects,
          2620,
          fmt::format(R"(
SELECT oid, 0, '1259:' || tgrelid || CASE WHEN tgparentid <> 0 THEN ' 2620:' || tgparentid ELSE '' END,
  NULL, 'trigger', '.' || quote_ident(tgname), NULL, NULL, NULL,
  CASE WHEN tgparentid = 0 THEN pg_get_triggerdef(oid) END,
  CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
FROM pg_trigger
WHERE (NOT tgisinternal OR tgparentid <> 0) AND tgfoid NOT IN {}
ORDER BY tgparentid <> 0)",
                      internal_functions),
          {"definition", "fires"},
          "pg_trigger"};
}

CatalogQuery enforcement() {
  return {Layout::details,
          catalogs::constraints,
          fmt::format(R"(
SELECT tgconstraint, 0, string_agg(DISTINCT CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END
    || ' on ' || tgrelid::regclass, ', ')
FROM pg_trigger
WHERE tgisinternal AND tgenabled <> 'O' AND tgconstraint <> 0 AND tgfoid IN {}
GROUP BY tgconstraint)",
                      internal_functions),
          {"enforced"},
          "pg_trigger"};
}

CatalogQuery rules() {
  return {Layout::objects,
          2618,
          R"(
SELECT oid, 0, '1259:' || ev_class, NULL, 'rule', '.' || quote_ident(rulename), NULL, NULL, NULL,
  pg_get_ruledef(oid),
  CASE ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
FROM pg_rewrite
WHERE oid >= 16384 AND rulename <> '_RETURN')",
          {"definition", "fires"},
          "pg_rewrite"};
}

CatalogQuery policies() {
  return {Layout::objects,
          3256,
          R"(
SELECT oid, 0, '1259:' || polrelid, NULL, 'policy', '.' || quote_ident(polname), NULL, NULL, NULL,
  CASE polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
  CASE WHEN NOT polpermissive THEN 'yes' END,
  (SELECT string_agg(role, ', ' ORDER BY role) FROM (
    SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END FROM unnest(polroles) r) n (role)),
  pg_get_expr(polqual, polrelid),
  pg_get_expr(polwithcheck, polrelid)
FROM pg_policy)",
          {"command", "restrictive", "roles", "using", "with check"},
          "pg_policy"};
}

CatalogQuery statistics() {
  return {Layout::objects,
          3381,
          R"(
SELECT oid, 0, '1259:' || stxrelid, stxnamespace, 'statistics',
  stxnamespace::regnamespace || '.' || quote_ident(stxname), pg_get_userbyid(stxowner), NULL, NULL,
  pg_get_statisticsobjdef(oid), CASE WHEN stxstattarget >= 0 THEN stxstattarget END
FROM pg_statistic_ext)",
          {"definition", "statistics"},
          "pg_statistic_ext"};
}

}  // namespace

void add_table_part_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(constraints(server));
  out.push_back(indexes());
  out.push_back(inheritance());
  out.push_back(triggers());
  out.push_back(enforcement());
  out.push_back(rules());
  out.push_back(policies());
  out.push_back(statistics());
}

}  // namespace pgtide::schema
