#include "engine/scratch_database.hpp"

#include <fmt/format.h>

#include "pgtide/error.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

const char* const what_is_there = R"(SELECT words FROM (
SELECT 1 AS rank, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
    WHEN 'i' THEN 'index' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END
  || pg_catalog.format(' %s.%s', n.nspname, c.relname) AS words, 'pg_class'::pg_catalog.regclass AS class, c.oid
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT 2, pg_catalog.format('function %s.%s', n.nspname, p.proname), 'pg_proc'::pg_catalog.regclass, p.oid
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 3, pg_catalog.format('type %s.%s', n.nspname, t.typname), 'pg_type'::pg_catalog.regclass, t.oid
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND t.typtype IN ('e', 'd', 'r')
UNION ALL
SELECT 4, pg_catalog.format('schema %s', n.nspname), 'pg_namespace'::pg_catalog.regclass, n.oid
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')) AS found
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = found.class AND d.objid = found.oid AND d.deptype = 'e')
ORDER BY rank, words LIMIT 4)";

}  // namespace

void require_scratch(ports::Databases& databases) {
  const auto session = databases.connect(databases.origin());
  const ports::RowValues found = ask(*session, {what_is_there});
  if (!found.empty()) {
    std::string list;
    for (std::size_t i = 0; i < found.size() && i < 3; ++i) {
      list += (i == 0 ? "" : ", ") + found[i].at(0).value();
    }
    throw Error(ErrorKind::usage,
                fmt::format("the database {} is not empty: it has {}{}; nothing was run",
                            databases.origin(), list, found.size() > 3 ? " and more" : ""),
                "verify wants a scratch database: give the URL of an empty one, or none at all: "
                "then it starts a private server");
  }
}

std::string server_name(ports::Databases& databases) {
  const ports::RowValues row =
      ask(databases.server(), {"SELECT pg_catalog.split_part(pg_catalog.current_setting("
                               "'server_version'), ' ', 1)"});
  return "PostgreSQL " + row.at(0).at(0).value_or("");
}

void prepare_for(ports::Session& session, const std::string& role, const std::string& schema) {
  if (schema != "public") {
    tell(session, {{"CREATE SCHEMA IF NOT EXISTS " + quote_identifier(schema)}});
  }
  if (role.empty()) return;
  const std::string name = quote_identifier(role);
  if (ask(session, {"SELECT FROM pg_catalog.pg_roles WHERE rolname = $1", {role}}).empty()) {
    tell(session, {{"CREATE ROLE " + name}});
  }
  const std::string database =
      ask(session, {"SELECT pg_catalog.current_database()"}).at(0).at(0).value_or("");
  tell(session, {{"GRANT ALL ON DATABASE " + quote_identifier(database) + " TO " + name},
                 {"GRANT ALL ON SCHEMA public, " + quote_identifier(schema) + " TO " + name}});
}

}  // namespace pgtide::engine
