// Operators, operator classes and families.
#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

// The name of another operator of the same arguments, as CREATE OPERATOR takes it.
CatalogQuery operators() {
  return {Layout::objects,
          2617,
          R"(
SELECT o.oid, 0, NULL, o.oprnamespace, 'operator', o.oid::regoperator, pg_get_userbyid(o.oprowner), NULL, NULL,
  o.oprcode,
  (SELECT 'OPERATOR(' || c.oprnamespace::regnamespace || '.' || c.oprname || ')' FROM pg_operator c WHERE c.oid = o.oprcom),
  (SELECT 'OPERATOR(' || c.oprnamespace::regnamespace || '.' || c.oprname || ')' FROM pg_operator c WHERE c.oid = o.oprnegate),
  CASE WHEN o.oprrest <> 0 THEN o.oprrest END, CASE WHEN o.oprjoin <> 0 THEN o.oprjoin END,
  CASE WHEN o.oprcanhash THEN 'yes' END, CASE WHEN o.oprcanmerge THEN 'yes' END
FROM pg_operator o
WHERE o.oid >= 16384 AND o.oprcode <> 0)",
          {"function", "commutator", "negator", "restrict", "join", "hashes", "merges"},
          "pg_operator"};
}

CatalogQuery families() {
  return {Layout::objects,
          2753,
          R"(
SELECT f.oid, 0, NULL, opfnamespace, 'operator family',
  opfnamespace::regnamespace || '.' || quote_ident(opfname) || ' using ' || quote_ident(amname),
  pg_get_userbyid(opfowner), NULL, NULL
FROM pg_opfamily f JOIN pg_am a ON a.oid = opfmethod
WHERE f.oid >= 16384)",
          {},
          "pg_opfamily"};
}

CatalogQuery family_operators() {
  return {Layout::details,
          2753,
          R"(
SELECT amopfamily, 0, amopstrategy || ' ' || amopopr::regoperator
  || CASE WHEN amopsortfamily <> 0 THEN (SELECT ' for order by ' || opfnamespace::regnamespace || '.' || quote_ident(opfname)
      FROM pg_opfamily f WHERE f.oid = amopsortfamily) ELSE '' END
FROM pg_amop
WHERE oid >= 16384
ORDER BY amopfamily, amopstrategy, amoplefttype::regtype::text, amoprighttype::regtype::text)",
          {"operators"},
          "pg_amop"};
}

CatalogQuery family_functions() {
  return {Layout::details,
          2753,
          R"(
SELECT amprocfamily, 0, amprocnum || ' (' || format_type(amproclefttype, NULL) || ', '
  || format_type(amprocrighttype, NULL) || ') ' || amproc::regprocedure
FROM pg_amproc
WHERE oid >= 16384
ORDER BY amprocfamily, amprocnum, amproclefttype::regtype::text, amprocrighttype::regtype::text)",
          {"functions"},
          "pg_amproc"};
}

CatalogQuery classes() {
  return {Layout::objects,
          2616,
          R"(
SELECT c.oid, 0, '2753:' || opcfamily, opcnamespace, 'operator class',
  opcnamespace::regnamespace || '.' || quote_ident(opcname) || ' using ' || quote_ident(amname),
  pg_get_userbyid(opcowner), NULL, NULL,
  format_type(opcintype, NULL), CASE WHEN opckeytype <> 0 THEN format_type(opckeytype, NULL) END,
  opfnamespace::regnamespace || '.' || quote_ident(opfname), CASE WHEN opcdefault THEN 'yes' END
FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod JOIN pg_opfamily f ON f.oid = opcfamily
WHERE c.oid >= 16384)",
          {"type", "storage", "family", "default"},
          "pg_opclass"};
}

}  // namespace

void add_operator_queries(std::vector<CatalogQuery>& out) {
  out.push_back(operators());
  out.push_back(families());
  out.push_back(family_operators());
  out.push_back(family_functions());
  out.push_back(classes());
}

}  // namespace pgtide::schema
