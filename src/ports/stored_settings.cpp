#include "ports/stored_settings.hpp"

#include <fmt/format.h>

#include "ports/ask.hpp"

namespace pgtide::ports {

std::vector<Query> statements_to_copy_settings(Session& session, const std::string& from,
                                               const std::string& to) {
  const std::string sql = fmt::format(
      R"(SELECT pg_catalog.concat_ws(' ',
  CASE WHEN d.setrole = 0 THEN pg_catalog.format('ALTER DATABASE %I', $2::text)
    ELSE pg_catalog.format('ALTER ROLE %I IN DATABASE %I', r.rolname, $2::text) END,
  'SET', pg_catalog.split_part(s.setting, '=', 1), 'TO', {})
FROM pg_catalog.pg_db_role_setting d JOIN pg_catalog.pg_database b ON b.oid = d.setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = d.setrole,
  pg_catalog.unnest(d.setconfig) WITH ORDINALITY AS s(setting, place)
WHERE b.datname = $1 AND (d.setrole = 0 OR r.rolname IS NOT NULL) ORDER BY d.setrole, s.place)",
      stored_value_sql);
  std::vector<Query> statements;
  for (const auto& row : ask(session, {sql, {from, to}})) {
    statements.push_back({row.at(0).value()});
  }
  return statements;
}

std::vector<Query> statements_to_copy_rights(Session& session, const std::string& from,
                                             const std::string& to) {
  const std::string sql = R"(
SELECT pg_catalog.unnest(ARRAY[pg_catalog.format('ALTER DATABASE %I OWNER TO %I', $2::text, pg_catalog.pg_get_userbyid(d.datdba)),
  pg_catalog.format('ALTER DATABASE %I CONNECTION LIMIT %s', $2::text, d.datconnlimit),
  pg_catalog.format('COMMENT ON DATABASE %I IS %L', $2::text, pg_catalog.shobj_description(d.oid, 'pg_database'))])
FROM pg_catalog.pg_database d WHERE d.datname = $1
UNION ALL
SELECT pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I', $2::text, pg_catalog.pg_get_userbyid(d.datdba))
FROM pg_catalog.pg_database d WHERE d.datname = $1 AND d.datacl IS NOT NULL
UNION ALL
SELECT pg_catalog.format('GRANT %s ON DATABASE %I TO %s%s', a.privilege_type, $2::text,
  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
  CASE WHEN a.is_grantable AND a.grantee <> d.datdba THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a WHERE d.datname = $1)";
  std::vector<Query> statements;
  for (const auto& row : ask(session, {sql, {from, to}})) {
    statements.push_back({row.at(0).value()});
  }
  return statements;
}

}  // namespace pgtide::ports
