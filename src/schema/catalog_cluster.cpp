// What belongs to the whole server, for a proof on one that nobody else uses.
#include <fmt/format.h>

#include "schema/catalog_query.hpp"

namespace pgtide::schema {
namespace {

// A password that is set again has another salt, so what it was made to is told apart by the judge.
CatalogQuery roles() {
  return {Layout::objects,
          1260,
          R"(
SELECT oid, 0, NULL, NULL, 'role', quote_ident(rolname), NULL, NULL, NULL,
  CASE WHEN rolsuper THEN 'yes' END, CASE WHEN NOT rolinherit THEN 'no' END, CASE WHEN rolcreaterole THEN 'yes' END,
  CASE WHEN rolcreatedb THEN 'yes' END, CASE WHEN rolcanlogin THEN 'yes' END, CASE WHEN rolreplication THEN 'yes' END,
  CASE WHEN rolbypassrls THEN 'yes' END, CASE WHEN rolconnlimit <> -1 THEN rolconnlimit END,
  md5(rolpassword), CASE WHEN rolvaliduntil <> 'infinity' THEN rolvaliduntil END
FROM pg_authid
WHERE rolname !~ '^pg_')",
          {"superuser", "inherit", "create role", "create database", "login", "replication",
           "bypass row security", "connection limit", "password", "valid until"}};
}

// Since PostgreSQL 16 there is one for each grantor, and a role's members have it in several ways.
CatalogQuery memberships(const ServerTraits& server) {
  const char* by = server.version >= 160000 ? "CASE WHEN m.grantor <> 10 THEN ' by ' || "
                                              "quote_ident(pg_get_userbyid(m.grantor)) ELSE '' END"
                                            : "''";
  return {Layout::objects,
          1261,
          fmt::format(R"(
SELECT row_number() OVER (ORDER BY m.roleid, m.member, m.grantor), 0, '1260:' || g.oid || ' 1260:' || r.oid, NULL, 'membership',
  quote_ident(r.rolname) || ' in ' || quote_ident(g.rolname) || {}, NULL, NULL, NULL,
  CASE WHEN m.admin_option THEN 'yes' END,
  CASE WHEN (j ->> 'inherit_option')::boolean <> r.rolinherit THEN j ->> 'inherit_option' END,
  CASE j ->> 'set_option' WHEN 'false' THEN 'no' END
FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member, to_jsonb(m) j
WHERE r.rolname !~ '^pg_' OR g.rolname !~ '^pg_')",
                      by),
          {"admin option", "inherit", "set"}};
}

// The proof's own databases come and go; the one that is read is not called by its name.
constexpr const char* own_databases = "datname !~ '^pgtide_verify_[0-9a-f]{8}_'";

CatalogQuery databases() {
  return {Layout::objects,
          1262,
          fmt::format(R"(
SELECT d.oid, 0, NULL, NULL, 'database',
  CASE datname WHEN current_database() THEN '(this one)' ELSE quote_ident(datname) END,
  pg_get_userbyid(datdba), datacl,
  acldefault('d', datdba),
  pg_encoding_to_char(encoding), datcollate, datctype,
  CASE WHEN datconnlimit <> -1 THEN datconnlimit END, CASE WHEN NOT datallowconn THEN 'no' END,
  CASE WHEN datistemplate THEN 'yes' END,
  CASE WHEN dattablespace <> 1663 THEN (SELECT quote_ident(spcname) FROM pg_tablespace s WHERE s.oid = dattablespace) END
FROM pg_database d
WHERE {} OR datname = current_database())",
                      own_databases),
          {"encoding", "collation", "character type", "connection limit", "connections", "template",
           "tablespace"}};
}

CatalogQuery tablespaces() {
  return {Layout::objects,
          1213,
          R"(
SELECT oid, 0, NULL, NULL, 'tablespace', quote_ident(spcname), pg_get_userbyid(spcowner), spcacl, acldefault('t', spcowner),
  CASE WHEN pg_tablespace_location(oid) ~ '^pg_tblspc/' THEN 'in place' ELSE pg_tablespace_location(oid) END, spcoptions
FROM pg_tablespace)",
          {"location", "options[]"}};
}

CatalogQuery parameters() {
  return {Layout::system_objects, 6243, R"(
SELECT oid, 0, NULL, NULL, 'parameter', parname, pg_get_userbyid(10), paracl, acldefault('p', 10)
FROM pg_parameter_acl)"};
}

// Of all databases or of another one; those of this one belong to its schema.
CatalogQuery wide_settings() {
  return {Layout::objects,
          2964,
          fmt::format(R"(
SELECT 1, row_number() OVER (ORDER BY setdatabase, setrole, n),
  CASE WHEN setrole <> 0 THEN '1260:' || setrole || ' ' ELSE '' END || CASE WHEN setdatabase <> 0 THEN '1262:' || setdatabase ELSE '' END,
  NULL, 'server setting',
  concat_ws(' ', CASE WHEN setrole <> 0 THEN 'of role ' || quote_ident(pg_get_userbyid(setrole)) ELSE 'of all roles' END,
    'in database ' || quote_ident(datname)) || '.' || split_part(setting, '=', 1), NULL, NULL, NULL, ARRAY[setting]
FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) WITH ORDINALITY u (setting, n)
WHERE setdatabase = 0 OR {} AND datname <> current_database())",
                      own_databases),
          {"value[]"}};
}

// What ALTER SYSTEM wrote.
CatalogQuery system_settings() {
  return {Layout::objects,
          2964,
          R"(
SELECT 2, row_number() OVER (ORDER BY name), NULL, NULL, 'server setting', 'of the server.' || name, NULL, NULL, NULL, ARRAY[name || '=' || setting]
FROM (SELECT DISTINCT ON (name) name, setting FROM pg_file_settings WHERE sourcefile ~ 'postgresql\.auto\.conf$' ORDER BY name, seqno DESC) s)",
          {"value[]"}};
}

CatalogQuery slots() {
  return {Layout::objects,
          0,
          fmt::format(R"(
SELECT row_number() OVER (ORDER BY slot_name), 0, NULL, NULL, 'replication slot', slot_name, NULL, NULL, NULL,
  slot_type, plugin, datname
FROM pg_replication_slots LEFT JOIN pg_database ON datname = database AND {}
WHERE NOT temporary)",
                      own_databases),
          {"type", "plugin", "database"}};
}

CatalogQuery remarks() {
  return {Layout::remarks, 0, R"(
SELECT classoid, objoid, 0, 'comment', description FROM pg_shdescription
UNION ALL
SELECT classoid, objoid, 0, 'security label', provider || ': ' || label FROM pg_shseclabel)"};
}

}  // namespace

void add_cluster_queries(const ServerTraits& server, std::vector<CatalogQuery>& out) {
  out.push_back(roles());
  out.push_back(memberships(server));
  out.push_back(databases());
  out.push_back(tablespaces());
  if (server.version >= 150000) out.push_back(parameters());
  out.push_back(wide_settings());
  out.push_back(system_settings());
  out.push_back(slots());
  out.push_back(remarks());
}

}  // namespace pgtide::schema
