// Text search parsers, templates, dictionaries and configurations.
#include "schema/catalog_query.hpp"

namespace pgtide::schema {

void add_text_search_queries(std::vector<CatalogQuery>& out) {
  out.push_back({Layout::objects,
                 3601,
                 R"(
SELECT oid, 0, NULL, prsnamespace, 'text search parser', prsnamespace::regnamespace || '.' || quote_ident(prsname),
  NULL, NULL, NULL, prsstart, prstoken, prsend, CASE WHEN prsheadline <> 0 THEN prsheadline END, prslextype
FROM pg_ts_parser
WHERE oid >= 16384)",
                 {"start", "token", "end", "headline", "token types"},
                 "pg_ts_parser"});
  out.push_back({Layout::objects,
                 3764,
                 R"(
SELECT oid, 0, NULL, tmplnamespace, 'text search template', tmplnamespace::regnamespace || '.' || quote_ident(tmplname),
  NULL, NULL, NULL, CASE WHEN tmplinit <> 0 THEN tmplinit END, tmpllexize
FROM pg_ts_template
WHERE oid >= 16384)",
                 {"init", "lexize"},
                 "pg_ts_template"});
  out.push_back({Layout::objects,
                 3600,
                 R"(
SELECT d.oid, 0, NULL, dictnamespace, 'text search dictionary', d.oid::regdictionary, pg_get_userbyid(dictowner),
  NULL, NULL, tmplnamespace::regnamespace || '.' || quote_ident(tmplname), dictinitoption
FROM pg_ts_dict d JOIN pg_ts_template t ON t.oid = dicttemplate
WHERE d.oid >= 16384)",
                 {"template", "init option"},
                 "pg_ts_dict"});
  out.push_back({Layout::objects,
                 3602,
                 R"(
SELECT c.oid, 0, NULL, cfgnamespace, 'text search configuration', c.oid::regconfig, pg_get_userbyid(cfgowner),
  NULL, NULL, prsnamespace::regnamespace || '.' || quote_ident(prsname)
FROM pg_ts_config c JOIN pg_ts_parser p ON p.oid = cfgparser
WHERE c.oid >= 16384)",
                 {"parser"},
                 "pg_ts_config"});
  out.push_back({Layout::details,
                 3602,
                 R"(
SELECT mapcfg, 0, t.alias || ' with ' || string_agg(mapdict::regdictionary::text, ', ' ORDER BY mapseqno)
FROM pg_ts_config_map JOIN pg_ts_config c ON c.oid = mapcfg
  CROSS JOIN LATERAL ts_token_type(c.cfgparser) t
WHERE mapcfg >= 16384 AND t.tokid = maptokentype
GROUP BY mapcfg, maptokentype, t.alias
ORDER BY mapcfg, maptokentype)",
                 {"mappings"},
                 "pg_ts_config"});
}

}  // namespace pgtide::schema
