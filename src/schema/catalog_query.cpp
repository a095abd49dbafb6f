#include "schema/catalog_query.hpp"

#include <algorithm>

namespace pgtide::schema {
namespace {

// What is said about objects of all kinds, and what decides which of them are left out.
void add_remarks(std::vector<CatalogQuery>& out) {
  out.push_back({Layout::remarks, 0, R"(
SELECT classoid, objoid, objsubid, 'comment', description FROM pg_description
WHERE objoid >= 16384 OR objoid = 2200 AND classoid = 2615)"});
  out.push_back({Layout::remarks,
                 0,
                 R"(
SELECT classoid, objoid, objsubid, 'security label', provider || ': ' || label FROM pg_seclabel
ORDER BY provider)",
                 {},
                 "pg_seclabel"});
  out.push_back({Layout::remarks,
                 0,
                 R"(
SELECT classid, objid, objsubid, 'depends on extension', quote_ident(extname)
FROM pg_depend JOIN pg_extension e ON e.oid = refobjid
WHERE refclassid = 3079 AND deptype = 'x'
ORDER BY extname)",
                 {},
                 "pg_depend"});
}

}  // namespace

const std::vector<RareCatalog>& rare_catalogs() {
  static const std::vector<RareCatalog> catalogs = {
      {"pg_aggregate", "aggfnoid::pg_catalog.oid >= 16384"},
      {"pg_am", "oid >= 16384"},
      {"pg_amop", "oid >= 16384"},
      {"pg_amproc", "oid >= 16384"},
      {"pg_cast", "oid >= 16384"},
      {"pg_collation", "oid >= 16384"},
      {"pg_conversion", "oid >= 16384"},
      {"pg_db_role_setting", "true"},
      {"pg_default_acl", "true"},
      {"pg_depend", "refclassid = 3079 AND deptype = 'x'"},
      {"pg_enum", "true"},
      {"pg_event_trigger", "true"},
      {"pg_foreign_data_wrapper", "true"},
      {"pg_foreign_table", "true"},
      {"pg_inherits", "true"},
      {"pg_language", "oid >= 16384 OR lanacl IS NOT NULL"},
      {"pg_opclass", "oid >= 16384"},
      {"pg_operator", "oid >= 16384"},
      {"pg_opfamily", "oid >= 16384"},
      {"pg_policy", "true"},
      {"pg_publication", "true"},
      {"pg_range", "rngtypid >= 16384"},
      {"pg_rewrite", "oid >= 16384 AND rulename <> '_RETURN'"},
      {"pg_seclabel", "true"},
      {"pg_sequence", "true"},
      {"pg_statistic_ext", "true"},
      {"pg_subscription",
       "subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
       "pg_catalog.current_database())"},
      {"pg_transform", "oid >= 16384"},
      {"pg_trigger", "true"},
      {"pg_ts_config", "oid >= 16384"},
      {"pg_ts_dict", "oid >= 16384"},
      {"pg_ts_parser", "oid >= 16384"},
      {"pg_ts_template", "oid >= 16384"},
  };
  return catalogs;
}

std::vector<CatalogQuery> catalog_queries(const ServerTraits& server) {
  std::vector<CatalogQuery> out;
  out.push_back({Layout::members, 0, R"(
SELECT classid, objid FROM pg_depend WHERE refclassid = 3079 AND deptype = 'e')"});
  out.push_back({Layout::initial_grants, 0, R"(
SELECT classoid, objoid, objsubid, initprivs FROM pg_init_privs WHERE privtype = 'e')"});
  add_relation_queries(server, out);
  add_routine_queries(server, out);
  add_table_part_queries(server, out);
  add_operator_queries(out);
  add_text_search_queries(out);
  add_service_queries(server, out);
  if (server.breadth == Breadth::server) add_cluster_queries(server, out);
  add_remarks(out);
  std::erase_if(out, [&](const CatalogQuery& query) {
    return !query.rare.empty() && std::ranges::find(server.rare, query.rare) == server.rare.end();
  });
  return out;
}

}  // namespace pgtide::schema
