// Functions, procedures, aggregates, languages and transforms.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

CatalogQuery languages() {
  return {Layout::objects,
          2612,
          R"(
SELECT oid, 0, NULL, NULL, 'language', quote_ident(lanname), pg_get_userbyid(lanowner), lanacl, acldefault('l', lanowner),
  lanplcallfoid::regproc, CASE WHEN laninline <> 0 THEN laninline::regproc END,
  CASE WHEN lanvalidator <> 0 THEN lanvalidator::regproc END, CASE WHEN lanpltrusted THEN 'yes' END
FROM pg_language
WHERE oid >= 16384)",
          {"handler", "inline handler", "validator", "trusted"},
          "pg_language"};
}

CatalogQuery system_languages() {
  return {Layout::system_objects,
          2612,
          R"(
SELECT oid, 0, NULL, NULL, 'language', quote_ident(lanname), pg_get_userbyid(lanowner), lanacl, acldefault('l', lanowner)
FROM pg_language
WHERE oid < 16384 AND lanacl IS NOT NULL)",
          {},
          "pg_language"};
}

// The constructors of a range come with it. pg_get_functiondef() would give the same in one text,
// where no one could tell what changed.
CatalogQuery routines(const ServerTraits& server) {
  // Since PostgreSQL 14 the mode of a procedure's arguments is always written.
  const char* arguments =
      server.version >= 140000
          ? R"(CASE prokind WHEN 'p' THEN regexp_replace(pg_get_function_arguments(p.oid), '(^|, )IN ', '\1', 'g')
    ELSE pg_get_function_arguments(p.oid) END)"
          : "pg_get_function_arguments(p.oid)";
  const char* sql_body = server.version >= 140000 ? "pg_get_function_sqlbody(p.oid)" : "NULL";
  return {
      Layout::objects,
      catalogs::functions,
      fmt::format(R"(
SELECT p.oid, 0, NULL, pronamespace,
  CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
  p.oid::regprocedure, pg_get_userbyid(proowner), proacl, acldefault('f', proowner),
  {}, pg_get_function_result(p.oid), CASE WHEN prokind <> 'a' THEN quote_ident(lanname) END,
  CASE WHEN prokind <> 'a' THEN coalesce({}, prosrc) END, probin,
  CASE prokind WHEN 'w' THEN 'yes' END,
  CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END,
  CASE WHEN proisstrict THEN 'yes' END,
  CASE WHEN prosecdef THEN 'definer' END,
  CASE WHEN proleakproof THEN 'yes' END,
  CASE proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END,
  CASE WHEN procost <> CASE WHEN lanname IN ('internal', 'c') THEN 1 ELSE 100 END THEN procost END,
  CASE WHEN prorows <> CASE WHEN proretset THEN 1000 ELSE 0 END THEN prorows END,
  CASE WHEN prosupport <> 0 THEN prosupport::regproc END,
  proconfig,
  (SELECT string_agg('FOR TYPE ' || format_type(u.t, NULL), ', ' ORDER BY n) FROM unnest(protrftypes) WITH ORDINALITY u (t, n))
FROM pg_proc p JOIN pg_language l ON l.oid = prolang
WHERE p.oid >= 16384 AND NOT (prolang = 12 AND prosrc ~ '^(multi)?range_constructor[0-3]$'))",
                  arguments, sql_body),
      {"arguments", "returns", "language", "body", "library", "window", "volatility", "strict",
       "security", "leakproof", "parallel", "cost", "rows", "support", "settings[]", "transform"}};
}

// The rights that initdb gave take the place of the usual ones.
CatalogQuery system_routines() {
  return {Layout::system_objects, catalogs::functions, R"(
SELECT p.oid, 0, NULL, NULL, CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
  p.oid::regprocedure, pg_get_userbyid(proowner), proacl, coalesce(initprivs, acldefault('f', proowner))
FROM pg_proc p LEFT JOIN pg_init_privs ON classoid = 1255 AND objoid = p.oid
WHERE p.oid < 16384 AND proacl IS NOT NULL AND proacl IS DISTINCT FROM initprivs)"};
}

CatalogQuery aggregates() {
  return {Layout::details,
          catalogs::functions,
          R"(
SELECT aggfnoid::oid, 0,
  concat_ws(', ', 'SFUNC = ' || aggtransfn, 'STYPE = ' || format_type(aggtranstype, NULL),
    CASE WHEN aggtransspace <> 0 THEN 'SSPACE = ' || aggtransspace END,
    CASE WHEN aggfinalfn <> 0 THEN 'FINALFUNC = ' || aggfinalfn END,
    CASE WHEN aggfinalextra THEN 'FINALFUNC_EXTRA' END,
    CASE WHEN aggfinalfn <> 0 THEN 'FINALFUNC_MODIFY = '
      || CASE aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
    CASE WHEN aggcombinefn <> 0 THEN 'COMBINEFUNC = ' || aggcombinefn END,
    CASE WHEN aggserialfn <> 0 THEN 'SERIALFUNC = ' || aggserialfn END,
    CASE WHEN aggdeserialfn <> 0 THEN 'DESERIALFUNC = ' || aggdeserialfn END,
    'INITCOND = ' || quote_literal(agginitval),
    CASE WHEN aggmtransfn <> 0 THEN concat_ws(', ', 'MSFUNC = ' || aggmtransfn, 'MINVFUNC = ' || aggminvtransfn,
      'MSTYPE = ' || format_type(aggmtranstype, NULL),
      CASE WHEN aggmtransspace <> 0 THEN 'MSSPACE = ' || aggmtransspace END,
      CASE WHEN aggmfinalfn <> 0 THEN 'MFINALFUNC = ' || aggmfinalfn END,
      CASE WHEN aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
      CASE WHEN aggmfinalfn <> 0 THEN 'MFINALFUNC_MODIFY = '
        || CASE aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
      'MINITCOND = ' || quote_literal(aggminitval)) END,
    CASE WHEN aggsortop <> 0 THEN (SELECT 'SORTOP = OPERATOR(' || oprnamespace::regnamespace || '.' || oprname || ')'
      FROM pg_operator WHERE oid = aggsortop) END,
    CASE aggkind WHEN 'h' THEN 'HYPOTHETICAL' END)
FROM pg_aggregate
WHERE aggfnoid::oid >= 16384)",
          {"definition"},
          "pg_aggregate"};
}

CatalogQuery transforms() {
  return {Layout::objects,
          3576,
          R"(
SELECT oid, 0, NULL, NULL, 'transform', 'for ' || format_type(trftype, NULL) || ' language '
    || (SELECT quote_ident(lanname) FROM pg_language l WHERE l.oid = trflang), NULL, NULL, NULL,
  CASE WHEN trffromsql <> 0 THEN trffromsql::regprocedure END, CASE WHEN trftosql <> 0 THEN trftosql::regprocedure END
FROM pg_transform
WHERE oid >= 16384)",
          {"from SQL", "to SQL"},
          "pg_transform"};
}

CatalogQuery access_methods() {
  return {Layout::objects,
          2601,
          R"(
SELECT oid, 0, NULL, NULL, 'access method', quote_ident(amname), NULL, NULL, NULL,
  CASE amtype WHEN 't' THEN 'table' ELSE 'index' END, amhandler
FROM pg_am
WHERE oid >= 16384)",
          {"type", "handler"},
          "pg_am"};
}

}  // namespace

void add_routine_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(languages());
  out.push_back(system_languages());
  out.push_back(routines(server));
  out.push_back(system_routines());
  out.push_back(aggregates());
  out.push_back(transforms());
  out.push_back(access_methods());
}

}  // namespace pgtide::schema
