#include "engine/server_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pgtide/error.hpp"
#include "pgtide/query.hpp"
#include "ports/ask.hpp"
#include "ports/stored_settings.hpp"

namespace pgtide::engine {
namespace {

constexpr const char* own_databases = "d.datname !~ '^pgtide_verify_[0-9a-f]{8}_'";

// A database that a script dropped comes back empty.
constexpr const char* objects_query = R"(
SELECT pg_catalog.format('CREATE ROLE %I', rolname), pg_catalog.format('DROP ROLE %I', rolname)
FROM pg_catalog.pg_authid WHERE rolname !~ '^pg_'
UNION ALL
SELECT pg_catalog.format('CREATE TABLESPACE %I LOCATION %L', spcname,
    pg_catalog.regexp_replace(pg_catalog.pg_tablespace_location(oid), '^pg_tblspc/.*', '')),
  pg_catalog.format('DROP TABLESPACE %I', spcname)
FROM pg_catalog.pg_tablespace WHERE spcname !~ '^pg_'
UNION ALL
SELECT pg_catalog.format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L', datname,
    pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype),
  pg_catalog.format('DROP DATABASE %I WITH (FORCE)', datname)
FROM pg_catalog.pg_database d WHERE {0}
)";

// A fact that nothing takes back is one of several values that its object always has one of.
constexpr const char* role_facts = R"(
SELECT pg_catalog.concat_ws(' ', pg_catalog.format('ALTER ROLE %I WITH', rolname),
  CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
  CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
  CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
  CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
  CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
  CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
  CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
  'CONNECTION LIMIT ' || rolconnlimit,
  'PASSWORD ' || COALESCE(pg_catalog.quote_literal(rolpassword), 'NULL'),
  'VALID UNTIL ' || pg_catalog.quote_literal(COALESCE(rolvaliduntil::text, 'infinity'))), ''
FROM pg_catalog.pg_authid WHERE rolname !~ '^pg_'
UNION ALL
SELECT pg_catalog.format('GRANT %I TO %I', g.rolname, r.rolname) || {0},
  pg_catalog.format('REVOKE %I FROM %I', g.rolname, r.rolname) || {1} || ' CASCADE'
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
  JOIN pg_catalog.pg_roles r ON r.oid = m.member, pg_catalog.to_jsonb(m) j
WHERE r.rolname !~ '^pg_' OR g.rolname !~ '^pg_'
UNION ALL
SELECT pg_catalog.concat_ws(' ', o.what, 'SET', pg_catalog.split_part(s.setting, '=', 1), 'TO', {2}),
  pg_catalog.concat_ws(' ', o.what, 'RESET', pg_catalog.split_part(s.setting, '=', 1))
FROM pg_catalog.pg_db_role_setting c LEFT JOIN pg_catalog.pg_roles r ON r.oid = c.setrole
  LEFT JOIN pg_catalog.pg_database d ON d.oid = c.setdatabase,
  LATERAL (SELECT CASE WHEN c.setrole = 0 AND c.setdatabase <> 0 THEN pg_catalog.format('ALTER DATABASE %I', d.datname)
    ELSE 'ALTER ROLE ' || COALESCE(pg_catalog.quote_ident(r.rolname), 'ALL')
      || COALESCE(' IN DATABASE ' || pg_catalog.quote_ident(d.datname), '') END) AS o(what),
  pg_catalog.unnest(c.setconfig) AS s(setting)
WHERE (c.setdatabase = 0 OR {3}) AND (c.setrole = 0 OR r.rolname IS NOT NULL)
)";

constexpr const char* object_facts = R"(
SELECT pg_catalog.format('ALTER %s %I OWNER TO %I', o.kind, o.name, pg_catalog.pg_get_userbyid(o.owner)), ''
FROM {0}
UNION ALL
SELECT pg_catalog.format('GRANT %s ON %s %I TO %s%s', a.privilege_type, o.kind, o.name, w.grantee,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
  pg_catalog.format('REVOKE %s ON %s %I FROM %s CASCADE', a.privilege_type, o.kind, o.name, w.grantee)
FROM {0}, pg_catalog.aclexplode(o.acl) a,
  LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
    AS w(grantee)
UNION ALL
SELECT pg_catalog.format('COMMENT ON %s %I IS %L', o.kind, o.name, s.description),
  pg_catalog.format('COMMENT ON %s %I IS NULL', o.kind, o.name)
FROM (SELECT kind, name, oid, class FROM {0}
  UNION ALL SELECT 'ROLE', rolname, oid, 1260 FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_') o
  JOIN pg_catalog.pg_shdescription s ON s.objoid = o.oid AND s.classoid = o.class
UNION ALL
SELECT pg_catalog.format('ALTER DATABASE %I WITH CONNECTION LIMIT %s ALLOW_CONNECTIONS %s IS_TEMPLATE %s', datname,
  datconnlimit, datallowconn::pg_catalog.text, datistemplate::pg_catalog.text), ''
FROM pg_catalog.pg_database d WHERE {1}
UNION ALL
SELECT pg_catalog.format('ALTER TABLESPACE %I SET (%s)', spcname, s.option),
  pg_catalog.format('ALTER TABLESPACE %I RESET (%I)', spcname, pg_catalog.split_part(s.option, '=', 1))
FROM pg_catalog.pg_tablespace, pg_catalog.unnest(spcoptions) AS s(option)
UNION ALL
SELECT pg_catalog.format('ALTER SYSTEM SET %s TO %L', name, setting), pg_catalog.format('ALTER SYSTEM RESET %s', name)
FROM (SELECT DISTINCT ON (name) name, setting FROM pg_catalog.pg_file_settings
  WHERE sourcefile ~ 'postgresql\.auto\.conf$' ORDER BY name, seqno DESC) s
UNION ALL
SELECT '', pg_catalog.format('SELECT pg_catalog.pg_drop_replication_slot(%L)', slot_name)
FROM pg_catalog.pg_replication_slots WHERE NOT active
)";

constexpr const char* owned =
    R"((SELECT 'DATABASE' AS kind, datname AS name, d.oid, 1262 AS class, datdba AS owner,
    COALESCE(datacl, pg_catalog.acldefault('d', datdba)) AS acl
  FROM pg_catalog.pg_database d WHERE {}
  UNION ALL
  SELECT 'TABLESPACE', spcname, oid, 1213, spcowner, COALESCE(spcacl, pg_catalog.acldefault('t', spcowner))
  FROM pg_catalog.pg_tablespace) o)";

const char* const parameter_facts = R"(
SELECT pg_catalog.format('GRANT %s ON PARAMETER %I TO %s%s', a.privilege_type, parname, w.grantee,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
  pg_catalog.format('REVOKE %s ON PARAMETER %I FROM %s CASCADE', a.privilege_type, parname, w.grantee)
FROM pg_catalog.pg_parameter_acl, pg_catalog.aclexplode(paracl) a,
  LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
    AS w(grantee))";

int version_of(ports::Session& session) {
  return std::stoi(ask(session, {"SELECT pg_catalog.current_setting('server_version_num')"})
                       .at(0)
                       .at(0)
                       .value());
}

std::string facts_query(int version) {
  const bool is_split = version >= 160000;  // a membership has options and a grantor of its own
  const char* options =
      is_split ? R"(pg_catalog.format(' WITH ADMIN %s, INHERIT %s, SET %s', m.admin_option,
    j ->> 'inherit_option', j ->> 'set_option') || pg_catalog.format(' GRANTED BY %I', pg_catalog.pg_get_userbyid(m.grantor)))"
               : "CASE WHEN m.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END";
  const char* grantor =
      is_split ? "pg_catalog.format(' GRANTED BY %I', pg_catalog.pg_get_userbyid(m.grantor))"
               : "''";
  std::string sql =
      fmt::format(role_facts, options, grantor, ports::stored_value_sql, own_databases) +
      "UNION ALL" + fmt::format(object_facts, fmt::format(owned, own_databases), own_databases);
  if (version >= 150000) sql += std::string("UNION ALL") + parameter_facts;
  return sql;
}

ServerState::Statements pairs(ports::Session& session, const std::string& sql) {
  ServerState::Statements found;
  for (const auto& row : ask(session, {sql})) {
    found.emplace(row.at(0)->empty() ? row.at(1).value() : row.at(0).value(), row.at(1).value());
  }
  return found;
}

// Alone, as CREATE DATABASE must be; what is refused is no reason not to go on.
void run_each(ports::Session& session, const std::vector<std::string>& statements,
              std::vector<std::string>& refused) {
  for (const std::string& statement : statements) {
    try {
      tell(session, {{statement}});
    } catch (const ports::ConnectionLost&) {
      throw;
    } catch (const Error& error) {
      refused.push_back(fmt::format("{}: {}", statement, error.what()));
    }
  }
}

// Of `from`, what is not in `than`.
std::vector<std::string> made_beyond(const ServerState::Statements& from,
                                     const ServerState::Statements& than) {
  std::vector<std::string> statements;
  for (const auto& [make, take_back] : from) {
    if (!than.contains(make) && make != take_back) statements.push_back(make);
  }
  return statements;
}

std::vector<std::string> taken_back(const ServerState::Statements& now,
                                    const ServerState::Statements& before) {
  std::vector<std::string> statements;
  for (const auto& [make, take_back] : now) {
    if (!before.contains(make) && !take_back.empty()) statements.push_back(take_back);
  }
  return statements;
}

}  // namespace

ServerState read_server(ports::Session& session) {
  return {.objects = pairs(session, fmt::format(objects_query, own_databases)),
          .facts = pairs(session, facts_query(version_of(session)))};
}

// Facts go first and come last: a role that is granted something cannot be dropped.
std::vector<std::string> restore_server(ports::Session& session, const ServerState& before) {
  ServerState now = read_server(session);
  std::vector<std::string> refused;
  if (now == before) return refused;
  const bool is_configured = now.facts != before.facts;
  run_each(session, taken_back(now.facts, before.facts), refused);
  // Owners too, before they are dropped; of what is missing they come below.
  std::vector<std::string> ignored;
  run_each(session, made_beyond(before.facts, read_server(session).facts), ignored);
  // A role may own one of the others.
  run_each(session, taken_back(now.objects, before.objects), ignored);
  now = read_server(session);
  run_each(session, taken_back(now.objects, before.objects), refused);
  std::vector<std::string> missing = made_beyond(before.objects, now.objects);
  std::ranges::reverse(missing);
  run_each(session, missing, refused);
  now = read_server(session);
  run_each(session, taken_back(now.facts, before.facts), refused);
  run_each(session, made_beyond(before.facts, now.facts), refused);
  if (is_configured) tell(session, {{"SELECT pg_catalog.pg_reload_conf()"}});
  return refused;
}

}  // namespace pgtide::engine
