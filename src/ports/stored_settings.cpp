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

}  // namespace pgtide::ports
