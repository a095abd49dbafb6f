// Settings that the server keeps for databases and roles, as statements.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ports/session.hpp"

namespace pgtide::ports {

// SQL for the value of `s.setting`, a `name=value` of pg_db_role_setting, as SET takes it. The
// value of a list is one of quoted names; written as one string it would be one name.
inline constexpr const char* stored_value_sql =
    R"sql(CASE WHEN pg_catalog.split_part(s.setting, '=', 1) IN ('search_path', 'temp_tablespaces',
    'local_preload_libraries', 'session_preload_libraries')
  THEN COALESCE((SELECT pg_catalog.string_agg(pg_catalog.quote_literal(
         COALESCE(pg_catalog.replace(m.part[1], '""', '"'), pg_catalog.btrim(m.part[2]))), ', ')
       FROM pg_catalog.regexp_matches(
         pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1),
         '"((?:[^"]|"")*)"|([^",[:space:]][^",]*)', 'g') AS m(part)), '''''')
  ELSE pg_catalog.quote_literal(pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1))
  END)sql";

// What gives database `to` the settings of `from`, also those of roles in it: a copy lacks them.
std::vector<Query> statements_to_copy_settings(Session& session, const std::string& from,
                                               const std::string& to);

// What gives it the owner, grants, comment and limit of `from`, which a copy lacks, too. For a
// superuser.
std::vector<Query> statements_to_copy_rights(Session& session, const std::string& from,
                                             const std::string& to);

}  // namespace pgtide::ports
