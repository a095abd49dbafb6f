// What is not part of a schema: event triggers, publications, subscriptions, foreign servers,
// default privileges, settings. And what is said about objects of all kinds.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

void add_publications(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back({Layout::objects,
                 6104,
                 R"(
SELECT p.oid, 0, NULL, NULL, 'publication', quote_ident(pubname), pg_get_userbyid(pubowner), NULL, NULL,
  concat_ws(', ', CASE WHEN puballtables THEN 'tables' END, CASE WHEN (j ->> 'puballsequences')::boolean THEN 'sequences' END),
  concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
    CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END),
  CASE WHEN pubviaroot THEN 'yes' END,
  CASE j ->> 'pubgencols' WHEN 's' THEN 'stored' WHEN 'true' THEN 'stored' END
FROM pg_publication p, to_jsonb(p) j)",
                 {"all", "publish", "via root", "generated columns"},
                 "pg_publication"});
  const char* what = server.version >= 150000 ? R"(pg_get_expr(prqual, prrelid),
  (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = prrelid AND attnum = ANY (prattrs)))"
                                              : "NULL, NULL";
  out.push_back({Layout::objects,
                 6106,
                 fmt::format(R"(
SELECT oid, 0, '6104:' || prpubid || ' 1259:' || prrelid, NULL, 'published table', '.' || prrelid::regclass,
  NULL, NULL, NULL, {}
FROM pg_publication_rel)",
                             what),
                 {"where", "columns"},
                 "pg_publication"});
  if (server.version >= 150000) {
    out.push_back({Layout::objects,
                   6237,
                   R"(
SELECT oid, 0, '6104:' || pnpubid || ' 2615:' || pnnspid, NULL, 'published schema', '.' || pnnspid::regnamespace,
  NULL, NULL, NULL
FROM pg_publication_namespace)",
                   {},
                   "pg_publication"});
  }
}

// Who may not read pg_subscription sees none. What is not set otherwise says nothing, so that
// versions with more options give the same.
void add_subscriptions(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  if (!server.subscriptions_readable) return;
  out.push_back({Layout::objects,
                 6100,
                 R"(
SELECT s.oid, 0, NULL, NULL, 'subscription', quote_ident(subname), pg_get_userbyid(subowner), NULL, NULL,
  array_to_string(subpublications, ', '), ARRAY['connection password=' || subconninfo], subslotname, subsynccommit,
  CASE WHEN subenabled THEN 'yes' END,
  CASE j ->> 'subbinary' WHEN 'true' THEN 'yes' END,
  CASE WHEN j ->> 'substream' IN ('true', 't') THEN 'yes'
    WHEN j ->> 'substream' = 'p' AND current_setting('server_version_num')::int < 180000 THEN 'parallel' END,
  CASE WHEN j ->> 'subtwophasestate' IN ('p', 'e') THEN 'yes' END,
  CASE j ->> 'subdisableonerr' WHEN 'true' THEN 'yes' END,
  CASE j ->> 'subpasswordrequired' WHEN 'false' THEN 'no' END,
  CASE j ->> 'subrunasowner' WHEN 'true' THEN 'yes' END,
  CASE WHEN j ->> 'suborigin' <> 'any' THEN j ->> 'suborigin' END,
  CASE j ->> 'subfailover' WHEN 'true' THEN 'yes' END
FROM pg_subscription s, to_jsonb(s) j
WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()))",
                 {"publications", "connection[]", "slot", "synchronous commit", "enabled", "binary",
                  "streaming", "two phase", "disable on error", "password required", "run as owner",
                  "origin", "failover"},
                 "pg_subscription"});
}

void add_foreign_servers(std::vector<CatalogQuery>& out) {
  out.push_back({Layout::objects,
                 2328,
                 R"(
SELECT oid, 0, NULL, NULL, 'foreign data wrapper', quote_ident(fdwname), pg_get_userbyid(fdwowner), fdwacl,
  acldefault('F', fdwowner), CASE WHEN fdwhandler <> 0 THEN fdwhandler::regproc END,
  CASE WHEN fdwvalidator <> 0 THEN fdwvalidator::regproc END, fdwoptions
FROM pg_foreign_data_wrapper)",
                 {"handler", "validator", "options[]"},
                 "pg_foreign_data_wrapper"});
  out.push_back({Layout::objects,
                 1417,
                 R"(
SELECT s.oid, 0, '2328:' || w.oid, NULL, 'foreign server', quote_ident(srvname), pg_get_userbyid(srvowner), srvacl,
  acldefault('S', srvowner), quote_ident(fdwname), srvtype, srvversion, srvoptions
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw)",
                 {"wrapper", "type", "version", "options[]"},
                 "pg_foreign_data_wrapper"});
  // The view shows options only to who may see them.
  out.push_back({Layout::objects,
                 1418,
                 R"(
SELECT umid, 0, '1417:' || srvid, NULL, 'user mapping',
  '.' || CASE umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(usename) END, NULL, NULL, NULL, umoptions
FROM pg_user_mappings)",
                 {"options[]"},
                 "pg_foreign_data_wrapper"});
  out.push_back({Layout::details,
                 catalogs::relations,
                 R"(
SELECT ftrelid, 0, quote_ident(srvname), ftoptions, '1417:' || s.oid
FROM pg_foreign_table JOIN pg_foreign_server s ON s.oid = ftserver)",
                 {"server", "fdw options[]", "^"},
                 "pg_foreign_table"});
}

CatalogQuery event_triggers() {
  return {Layout::objects,
          3466,
          R"(
SELECT oid, 0, NULL, NULL, 'event trigger', quote_ident(evtname), pg_get_userbyid(evtowner), NULL, NULL,
  evtevent, evtfoid::regprocedure, evttags,
  CASE evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
FROM pg_event_trigger)",
          {"event", "function", "tags[]", "fires"},
          "pg_event_trigger"};
}

CatalogQuery default_privileges() {
  return {Layout::objects,
          catalogs::default_grants,
          R"(
SELECT oid, 0, CASE WHEN defaclnamespace <> 0 THEN '2615:' || defaclnamespace END, NULL, 'default privileges',
  'of ' || quote_ident(pg_get_userbyid(defaclrole))
    || CASE WHEN defaclnamespace <> 0 THEN ' in ' || defaclnamespace::regnamespace ELSE '' END
    || ' on ' || CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
      WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
  pg_get_userbyid(defaclrole), defaclacl, acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole)
FROM pg_default_acl)",
          {},
          "pg_default_acl"};
}

// Of this database, for all roles or for one.
CatalogQuery settings() {
  return {Layout::objects,
          2964,
          R"(
SELECT 0, row_number() OVER (ORDER BY setrole, n), NULL, NULL,
  CASE setrole WHEN 0 THEN 'database setting' ELSE 'role setting' END,
  CASE setrole WHEN 0 THEN '' ELSE quote_ident(pg_get_userbyid(setrole)) || '.' END || split_part(setting, '=', 1),
  NULL, NULL, NULL, ARRAY[setting]
FROM pg_db_role_setting, unnest(setconfig) WITH ORDINALITY u (setting, n)
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))",
          {"value[]"},
          "pg_db_role_setting"};
}

}  // namespace

void add_service_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(event_triggers());
  add_publications(server, out);
  add_subscriptions(server, out);
  add_foreign_servers(out);
  out.push_back(default_privileges());
  out.push_back(settings());
}

}  // namespace pgtide::schema
