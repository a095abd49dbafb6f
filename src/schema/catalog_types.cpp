// Types, their casts, collations and conversions.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

// Arrays and multiranges come with their types.
CatalogQuery types() {
  return {Layout::objects,
          catalogs::types,
          R"(
SELECT t.oid, 0, NULL, typnamespace,
  CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite type'
    ELSE 'base type' END,
  format_type(t.oid, NULL), pg_get_userbyid(typowner), typacl, acldefault('T', typowner),
  CASE typtype WHEN 'd' THEN format_type(typbasetype, typtypmod) END,
  CASE WHEN typtype = 'd' AND typcollation <> 0 AND typcollation <> (
    SELECT typcollation FROM pg_type b WHERE b.oid = t.typbasetype) THEN typcollation::regcollation END,
  CASE WHEN typnotnull THEN 'yes' END,
  CASE typtype WHEN 'd' THEN coalesce(pg_get_expr(typdefaultbin, 1247), quote_literal(typdefault)) END,
  CASE WHEN typtype = 'b' AND typisdefined THEN concat_ws(', ', 'INPUT = ' || typinput::regproc,
    'OUTPUT = ' || typoutput::regproc,
    CASE WHEN typreceive <> 0 THEN 'RECEIVE = ' || typreceive::regproc END,
    CASE WHEN typsend <> 0 THEN 'SEND = ' || typsend::regproc END,
    CASE WHEN typmodin <> 0 THEN 'TYPMOD_IN = ' || typmodin::regproc END,
    CASE WHEN typmodout <> 0 THEN 'TYPMOD_OUT = ' || typmodout::regproc END,
    CASE WHEN typanalyze <> 0 THEN 'ANALYZE = ' || typanalyze::regproc END,
    'INTERNALLENGTH = ' || CASE typlen WHEN -1 THEN 'variable' ELSE typlen::text END,
    CASE WHEN typbyval THEN 'PASSEDBYVALUE' END,
    'ALIGNMENT = ' || CASE typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'i' THEN 'int4' ELSE 'double' END,
    'STORAGE = ' || CASE typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END,
    'CATEGORY = ' || quote_literal(typcategory::text), CASE WHEN typispreferred THEN 'PREFERRED = true' END,
    'DEFAULT = ' || quote_literal(typdefault),
    CASE WHEN typelem <> 0 THEN 'ELEMENT = ' || format_type(typelem, NULL) END,
    CASE WHEN typdelim <> ',' THEN 'DELIMITER = ' || quote_literal(typdelim::text) END,
    CASE WHEN typcollation <> 0 THEN 'COLLATABLE = true' END) END
FROM pg_type t
WHERE t.oid >= 16384 AND typtype <> 'm' AND typname !~ '^pg_toast'
  AND (typelem = 0 OR (SELECT typarray FROM pg_type e WHERE e.oid = t.typelem) <> t.oid)
  AND (typrelid = 0 OR (SELECT relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c'))",
          {"type", "collation", "not null", "default", "definition"}};
}

// What the type of a range's multirange is called unless somebody says otherwise.
constexpr const char* usual_multirange =
    "CASE WHEN t.typname ~ 'range' THEN regexp_replace(t.typname, 'range', 'multirange') ELSE "
    "t.typname || '_multirange' END";

CatalogQuery ranges(const ServerTraits& server) {
  const std::string multirange =
      server.version >= 140000
          ? fmt::format(
                "(SELECT CASE WHEN m.typname <> {} THEN quote_ident(m.typname) END "
                "FROM pg_type m WHERE m.oid = rngmultitypid)",
                usual_multirange)
          : "NULL";
  return {Layout::details,
          catalogs::types,
          fmt::format(R"(
SELECT rngtypid, 0, format_type(rngsubtype, NULL),
  CASE WHEN rngcollation <> 0 AND rngcollation <> s.typcollation THEN rngcollation::regcollation END,
  (SELECT opcnamespace::regnamespace || '.' || quote_ident(opcname) FROM pg_opclass o
    WHERE o.oid = rngsubopc AND NOT opcdefault),
  CASE WHEN rngcanonical <> 0 THEN rngcanonical END,
  CASE WHEN rngsubdiff <> 0 THEN rngsubdiff END,
  {}
FROM pg_range JOIN pg_type t ON t.oid = rngtypid JOIN pg_type s ON s.oid = rngsubtype
WHERE rngtypid >= 16384)",
                      multirange),
          {"type", "collation", "operator class", "canonical", "difference", "multirange"},
          "pg_range"};
}

CatalogQuery labels() {
  return {Layout::details,
          catalogs::types,
          R"(
SELECT enumtypid, 0, quote_literal(enumlabel) FROM pg_enum ORDER BY enumtypid, enumsortorder)",
          {"labels"},
          "pg_enum"};
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
          {"function", "context"},
          "pg_cast"};
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
          {"provider", "locale", "character type", "rules", "deterministic"},
          "pg_collation"};
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
          {"from", "to", "function", "default"},
          "pg_conversion"};
}

}  // namespace

void add_type_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(types());
  out.push_back(ranges(server));
  out.push_back(labels());
  out.push_back(casts(server));
  out.push_back(collations());
  out.push_back(conversions());
}

}  // namespace pgtide::schema
