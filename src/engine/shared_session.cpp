#include "engine/shared_session.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/session_sql.hpp"

namespace pgtide::engine {

// A transaction's begin goes as microseconds: text would depend on the session's DateStyle. It
// comes before own_settings(), which it would take for the session's, so every name says where it
// is from.
Query session_look() {
  return {R"(SELECT 'backend'::pg_catalog.text, pg_catalog.pg_backend_pid()::pg_catalog.text,
  (pg_catalog.date_part('epoch', pg_catalog.now()) OPERATOR(pg_catalog.*)
    1000000::pg_catalog.float8)::pg_catalog.int8::pg_catalog.text
UNION ALL SELECT 'role', pg_catalog.current_setting('role'), NULL
UNION ALL SELECT 'prepared', name, NULL FROM pg_catalog.pg_prepared_statements WHERE from_sql
UNION ALL SELECT 'setting', name, setting FROM pg_catalog.pg_settings
  WHERE source OPERATOR(pg_catalog.=) 'session'::pg_catalog.text
    AND context OPERATOR(pg_catalog.=) ANY (ARRAY['user', 'superuser']::pg_catalog.text[])
    AND name OPERATOR(pg_catalog.<>) ALL (ARRAY['transaction_isolation', 'transaction_read_only',
      'transaction_deferrable']::pg_catalog.text[]))"};
}

SharedSession shared_session(const std::vector<std::vector<Param>>& rows) {
  SharedSession session;
  for (const auto& row : rows) {
    const std::string kind = row.at(0).value_or("");
    const std::string name = row.at(1).value_or("");
    const std::string value = row.at(2).value_or("");
    if (kind == "backend")
      session.backend = {
          .pid = std::atoi(name.c_str()), .is_shared = true, .transaction_began = value};
    if (kind == "role") session.role = name;
    if (kind == "prepared") session.prepared.insert(name);
    if (kind == "setting") session.settings.emplace_back(name, value);
  }
  return session;
}

std::vector<Query> SharedSession::restore_settings() const {
  std::vector<Query> queries = reset_settings({});
  Query again;
  const auto set = [&](const std::string& name, const std::string& value) {
    again.sql += fmt::format("{}pg_catalog.set_config(${}, ${}, false)",
                             again.params.empty() ? "SELECT " : ", ", again.params.size() + 1,
                             again.params.size() + 2);
    again.params.emplace_back(name);
    again.params.emplace_back(value);
  };
  for (const auto& [name, value] : settings) set(name, value);
  if (!role.empty() && role != "none") set("role", role);
  if (!again.params.empty()) queries.push_back(std::move(again));
  return queries;
}

std::vector<Query> SharedSession::forget_prepared(const SharedSession& now) const {
  std::vector<Query> queries;
  for (const std::string& name : now.prepared) {
    if (!prepared.contains(name)) queries.push_back({"DEALLOCATE " + quote_identifier(name)});
  }
  return queries;
}

}  // namespace pgtide::engine
