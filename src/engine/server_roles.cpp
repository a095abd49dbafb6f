#include "engine/server_roles.hpp"

#include <fmt/format.h>

#include <vector>

#include "pgtide/query.hpp"
#include "ports/ask.hpp"
#include "ports/stored_settings.hpp"

namespace pgtide::engine {
namespace {

const char* const roles_query = R"(SELECT rolname, pg_catalog.concat_ws(' ',
  pg_catalog.format('ALTER ROLE %I WITH', rolname),
  CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
  CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
  CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
  CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
  CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
  CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
  CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
  'CONNECTION LIMIT ' || rolconnlimit,
  'PASSWORD ' || COALESCE(pg_catalog.quote_literal(rolpassword), 'NULL'),
  'VALID UNTIL ' || pg_catalog.quote_literal(COALESCE(rolvaliduntil::text, 'infinity')))
FROM pg_catalog.pg_authid WHERE rolname !~ '^pg_')";

constexpr const char* settings_query = R"(SELECT
  pg_catalog.format('ALTER ROLE %I SET %s TO %s', r.rolname, pg_catalog.split_part(s.setting, '=', 1),
    {}),
  pg_catalog.format('ALTER ROLE %I RESET %s', r.rolname, pg_catalog.split_part(s.setting, '=', 1))
FROM pg_catalog.pg_db_role_setting d JOIN pg_catalog.pg_roles r ON r.oid = d.setrole,
  pg_catalog.unnest(d.setconfig) AS s(setting) WHERE d.setdatabase = 0)";

const char* const members_query = R"(SELECT DISTINCT
  pg_catalog.format('GRANT %I TO %I%s', g.rolname, r.rolname,
    CASE WHEN m.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END),
  pg_catalog.format('REVOKE %I FROM %I', g.rolname, r.rolname)
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
  JOIN pg_catalog.pg_roles r ON r.oid = m.member
WHERE r.rolname !~ '^pg_')";

std::map<std::string, std::string> pairs(ports::Session& session, const std::string& sql) {
  std::map<std::string, std::string> found;
  for (const auto& row : ask(session, {sql})) found.emplace(row.at(0).value(), row.at(1).value());
  return found;
}

// Statements that lead from `now` to `before`, where the key of each entry makes it and its value
// takes it back.
void undo(const std::map<std::string, std::string>& now,
          const std::map<std::string, std::string>& before, std::vector<Query>& queries) {
  for (const auto& [make, take_back] : now) {
    if (!before.contains(make)) queries.push_back({take_back});
  }
  for (const auto& [make, take_back] : before) {
    if (!now.contains(make)) queries.push_back({make});
  }
}

}  // namespace

ServerRoles read_roles(ports::Session& session) {
  return {.roles = pairs(session, roles_query),
          .settings = pairs(session, fmt::format(settings_query, ports::stored_value_sql)),
          .members = pairs(session, members_query)};
}

void restore_roles(ports::Session& session, const ServerRoles& before) {
  ServerRoles now = read_roles(session);
  if (now == before) return;
  std::vector<Query> queries;
  for (const auto& [name, definition] : now.roles) {
    if (!before.roles.contains(name)) queries.push_back({"DROP ROLE " + quote_identifier(name)});
  }
  if (!queries.empty()) {
    tell(session, queries);  // with their memberships and settings
    queries.clear();
    now = read_roles(session);
  }
  for (const auto& [name, definition] : before.roles) {
    const auto found = now.roles.find(name);
    if (found == now.roles.end()) queries.push_back({"CREATE ROLE " + quote_identifier(name)});
    if (found == now.roles.end() || found->second != definition) queries.push_back({definition});
  }
  undo(now.members, before.members, queries);
  undo(now.settings, before.settings, queries);
  if (!queries.empty()) tell(session, queries);
}

}  // namespace pgtide::engine
