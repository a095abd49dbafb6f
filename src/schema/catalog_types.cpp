// Types, their casts, collations and conversions.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

// What the type of a range's multirange is called unless somebody says otherwise.
constexpr const char* usual_multirange =
    "CASE WHEN t.typname ~ 'range' THEN regexp_replace(t.typname, 'range', 'multirange') ELSE "
    "t.typname || '_multirange' END";

CatalogQuery types(const ServerTraits& server) {
  const std::string multirange =
      server.version >= 140000
          ? fmt::format(
                "(SELECT CASE WHEN m.typname <> {} THEN quote_ident(m.typname) END "
                "FROM pg_type m WHERE m.oid = r.rngmultitypid)",
                usual_multirange)
          : "NULL";
  return {Layout::objects,
          catalogs::types,
          fmt::format(R"(
SELECT t.oid, 0, NULL, t.typnamespace,
  CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite type'
    ELSE 'base type' END,
  format_type(t.oid, NULL), pg_get_userbyid(t.typowner), t.typacl, acldefault('T', t.typowner),
  coalesce(CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, format_type(r.rngsubtype, NULL)),
  coalesce(CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation AND t.typcollation <> 0
      THEN t.typcollation END,
    CASE WHEN r.rngcollation <> s.typcollation AND r.rngcollation <> 0 THEN r.rngcollation END)::regcollation,
  CASE WHEN t.typnotnull THEN 'yes' END,
  CASE WHEN t.typtype = 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 1247), quote_literal(t.typdefault)) END,
  (SELECT opcnamespace::regnamespace || '.' || quote_ident(opcname) FROM pg_opclass o
    WHERE o.oid = r.rngsubopc AND NOT opcdefault),
  CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc END,
  CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc END,
  {},
  CASE WHEN t.typtype = 'b' AND t.typisdefined THEN concat_ws(', ', 'INPUT = ' || t.typinput::regproc,
    'OUTPUT = ' || t.typoutput::regproc,
    CASE WHEN t.typreceive <> 0 THEN 'RECEIVE = ' || t.typreceive::regproc END,
    CASE WHEN t.typsend <> 0 THEN 'SEND = ' || t.typsend::regproc END,
    CASE WHEN t.typmodin <> 0 THEN 'TYPMOD_IN = ' || t.typmodin::regproc END,
    CASE WHEN t.typmodout <> 0 THEN 'TYPMOD_OUT = ' || t.typmodout::regproc END,
    CASE WHEN t.typanalyze <> 0 THEN 'ANALYZE = ' || t.typanalyze::regproc END,
    'INTERNALLENGTH = ' || CASE t.typlen WHEN -1 THEN 'variable' ELSE t.typlen::text END,
    CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END,
    'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'i' THEN 'int4' ELSE 'double' END,
    'STORAGE = ' || CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END,
    'CATEGORY = ' || quote_literal(t.typcategory::text), CASE WHEN t.typispreferred THEN 'PREFERRED = true' END,
    'DEFAULT = ' || quote_literal(t.typdefault),
    CASE WHEN t.typelem <> 0 THEN 'ELEMENT = ' || format_type(t.typelem, NULL) END,
    CASE WHEN t.typdelim <> ',' THEN 'DELIMITER = ' || quote_literal(t.typdelim::text) END,
    CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END) END
FROM pg_type t
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  LEFT JOIN pg_type e ON e.oid = t.typelem
  LEFT JOIN pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_range r ON r.rngtypid = t.oid
  LEFT JOIN pg_type s ON s.oid = r.rngsubtype
WHERE t.oid >= 16384 AND (t.typrelid = 0 OR c.relkind = 'c') AND t.typtype <> 'm'
  AND e.typarray IS DISTINCT FROM t.oid)",
                      multirange),
          {"type", "collation", "not null", "default", "operator class", "canonical", "difference",
           "multirange", "definition"}};
}

CatalogQuery labels() {
  return {Layout::details,
          catalogs::types,
          R"(
SELECT enumtypid, 0, quote_literal(enumlabel) FROM pg_enum ORDER BY enumtypid, enumsortorder)",
          {"labels"}};
}

// The cast to its multirange comes with a range.
CatalogQuery casts(const ServerTraits& server) {
  const char* own = server.version >= 140000 ? R"(
  AND NOT EXISTS (SELECT FROM pg_range WHERE rngtypid = castsource AND rngmultitypid = casttarget))"
                                             : "";
  return {Layout::objects,
          2605,
          fmt::format(R"(
SELECT oid, 0, NULL, NULL, 'cast', '(' || format_type(castsource, NULL) || ' AS ' || format_type(casttarget, NULL) || ')',
  NULL, NULL, NULL,
  CASE castmethod WHEN 'i' THEN 'input and output' WHEN 'b' THEN 'binary' ELSE castfunc::regprocedure::text END,
  CASE castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' ELSE 'explicit' END
FROM pg_cast
WHERE oid >= 16384{})",
                      own),
          {"function", "context"}};
}

// The name of the locale moved twice.
CatalogQuery collations() {
  return {Layout::objects,
          3456,
          R"(
SELECT c.oid, 0, NULL, collnamespace, 'collation', collnamespace::regnamespace || '.' || quote_ident(collname),
  pg_get_userbyid(collowner), NULL, NULL,
  CASE collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE 'default' END,
  coalesce(j ->> 'colllocale', j ->> 'colliculocale', collcollate),
  CASE WHEN collprovider = 'c' AND collctype <> collcollate THEN collctype END,
  j ->> 'collicurules',
  CASE WHEN NOT collisdeterministic THEN 'no' END
FROM pg_collation c, to_jsonb(c) j
WHERE c.oid >= 16384)",
          {"provider", "locale", "character type", "rules", "deterministic"}};
}

CatalogQuery conversions() {
  return {Layout::objects,
          2607,
          R"(
SELECT oid, 0, NULL, connamespace, 'conversion', connamespace::regnamespace || '.' || quote_ident(conname),
  pg_get_userbyid(conowner), NULL, NULL,
  pg_encoding_to_char(conforencoding), pg_encoding_to_char(contoencoding), conproc::regproc,
  CASE WHEN condefault THEN 'yes' END
FROM pg_conversion
WHERE oid >= 16384)",
          {"from", "to", "function", "default"}};
}

}  // namespace

void add_type_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(types(server));
  out.push_back(labels());
  out.push_back(casts(server));
  out.push_back(collations());
  out.push_back(conversions());
}

}  // namespace pgtide::schema
