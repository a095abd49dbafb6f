#include "engine/aftermath.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace pgtide::engine {
namespace {

using sql::Effect;
using sql::EffectKind;

// Columns: id, name, whether it is finished, how it is called in a statement, its definition.
constexpr const char* index_columns =
    "SELECT c.oid, c.relname, (i.indisvalid AND i.indisready)::text, "
    "pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_get_indexdef(c.oid) "
    "FROM pg_catalog.pg_index i "
    "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace ";

Query exists_in(const char* catalog, const char* name_column, const std::string& name) {
  return {fmt::format("SELECT oid, {0}, 'true', {0} FROM pg_catalog.{1} WHERE {0} = $1",
                      name_column, catalog),
          {sql::base_name(name)}};
}

bool finished(const std::vector<Param>& row) {
  return row.at(2) == "true";
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

// REINDEX CONCURRENTLY builds `name_ccnew` beside `name`; a crash leaves one of them, with a number
// behind if it happens twice.
bool is_left_by_reindex(const std::string& name) {
  for (const char* suffix : {"_ccnew", "_ccold"}) {
    const auto at = name.rfind(suffix);
    if (at == std::string::npos) continue;
    if (name.find_first_not_of("0123456789", at + 6) == std::string::npos) return true;
  }
  return false;
}

std::string drop_of(const std::vector<Param>& index) {
  return "DROP INDEX CONCURRENTLY IF EXISTS " + index.at(3).value_or("");
}

void clear_away(const std::vector<Param>& row, Action& action) {
  action.clear_away.push_back(drop_of(row));
  action.unfinished += (action.unfinished.empty() ? "" : " ") + row.at(0).value_or("");
  action.unfinished_names += (action.unfinished_names.empty() ? "" : ", ") + row.at(1).value_or("");
}

Action decide_index(const Effect& effect, const CatalogRows& now,
                    const std::optional<std::string>& before) {
  const std::string wanted = sql::base_name(effect.object);
  const std::vector<std::string> old = words(before.value_or(""));
  Action action;
  for (const auto& row : now) {
    const bool is_new =
        before && std::find(old.begin(), old.end(), row.at(0).value_or("")) == old.end();
    // One without a name is known by what it is: others may have made one meanwhile.
    const bool is_meant = wanted.empty()
                              ? is_new && sql::index_shape(row.at(4).value_or("")) == effect.shape
                              : row.at(1) == wanted;
    if (!is_meant) continue;
    if (!finished(row)) {
      clear_away(row, action);
    } else if (is_new) {
      action.already_done = true;
    }
  }
  return action;
}

Action decide_reindex(const CatalogRows& now) {
  Action action;
  for (const auto& row : now) {
    if (!finished(row) && is_left_by_reindex(row.at(1).value_or(""))) {
      clear_away(row, action);
    }
  }
  return action;
}

Action decide_partition(const Effect& effect, const CatalogRows& now,
                        const std::optional<std::string>& before) {
  Action action;
  if (now.empty()) {
    action.already_done = before && !before->empty();
  } else if (!finished(now.front())) {
    action.instead =
        fmt::format("ALTER TABLE {} DETACH PARTITION {} FINALIZE", effect.table, effect.object);
  }
  return action;
}

}  // namespace

namespace {

// How the two queries of look_for() hand an object on.
constexpr const char* first_object = "NULLIF(pg_catalog.current_setting('pgtide.first'), '')::oid";
constexpr const char* second_object =
    "NULLIF(pg_catalog.current_setting('pgtide.second'), '')::oid";

// Sent under the script's own search_path, as its statement will be.
Query find_objects(const std::string& first, const std::string& second) {
  constexpr const char* id =
      "COALESCE(pg_catalog.to_regclass({}::pg_catalog.text)::pg_catalog.oid::pg_catalog.text, '')";
  return {fmt::format("SELECT pg_catalog.set_config('pgtide.first', {}, true), "
                      "pg_catalog.set_config('pgtide.second', {}, true)",
                      fmt::format(fmt::runtime(id), "$1"), fmt::format(fmt::runtime(id), "$2")),
          {first.empty() ? Param() : Param(first), second.empty() ? Param() : Param(second)}};
}

std::optional<Query> look_at_catalog(const Effect& effect) {
  switch (effect.kind) {
    case EffectKind::repeatable:
      return std::nullopt;
    case EffectKind::index_built:
      return Query{std::string(index_columns) + "WHERE i.indrelid = " + first_object};
    case EffectKind::index_dropped:
      return Query{std::string(index_columns) + "WHERE i.indexrelid = " + first_object};
    case EffectKind::reindexed:
      return Query{
          std::string(index_columns) +
          fmt::format(fmt::runtime(effect.on_table
                                       ? "WHERE i.indrelid = {0} OR i.indrelid IN (SELECT t.relid "
                                         "FROM pg_catalog.pg_partition_tree({0}::regclass) t)"
                                       : "WHERE i.indrelid = (SELECT o.indrelid FROM "
                                         "pg_catalog.pg_index o WHERE o.indexrelid = {0})"),
                      first_object)};
    case EffectKind::partition_detached:
      return Query{
          // As JSON, because PostgreSQL 13 has no such column; its own words refuse the statement.
          "SELECT inhrelid, '', (NOT coalesce((pg_catalog.to_jsonb(i)->>'inhdetachpending')"
          "::boolean, false))::text, '' FROM pg_catalog.pg_inherits i "
          "WHERE inhrelid = " +
          std::string(first_object) + " AND inhparent = " + second_object};
    case EffectKind::database_created:
    case EffectKind::database_dropped:
      return exists_in("pg_database", "datname", effect.object);
    case EffectKind::tablespace_created:
    case EffectKind::tablespace_dropped:
      return exists_in("pg_tablespace", "spcname", effect.object);
    case EffectKind::subscription_created:
    case EffectKind::subscription_dropped: {
      // Names of subscriptions are a database's own, the catalog is not.
      Query query = exists_in("pg_subscription", "subname", effect.object);
      query.sql +=
          " AND subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
          "pg_catalog.current_database())";
      return query;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Query> look_for(const Effect& effect) {
  const auto query = look_at_catalog(effect);
  if (!query) return {};
  switch (effect.kind) {
    case EffectKind::index_built:
      return {find_objects(effect.table, {}), own_settings(), *query};
    case EffectKind::index_dropped:
    case EffectKind::reindexed:
      return {find_objects(effect.object, {}), own_settings(), *query};
    case EffectKind::partition_detached:
      return {find_objects(effect.object, effect.table), own_settings(), *query};
    default:
      return {own_settings(), *query};
  }
}

Query find_sessions_running(const std::string& sql) {
  // `query` is cut at track_activity_query_size.
  return {
      "SELECT pid FROM pg_catalog.pg_stat_activity WHERE state = 'active' "
      "AND pid <> pg_catalog.pg_backend_pid() AND datname = pg_catalog.current_database() "
      "AND usename = session_user AND query <> '' "
      "AND pg_catalog.left($1::text, pg_catalog.length(query)) = query LIMIT 1",
      {sql}};
}

Query find_sessions_building(const std::string& ids) {
  // Everything CONCURRENTLY keeps this lock on the table from its beginning to its end. A worker of
  // autovacuum has no user; it gives way by itself.
  return {
      "SELECT pg_catalog.concat_ws(', ', l.pid, nullif(a.application_name, ''), 'user ' || "
      "a.usename) FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
      "WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted "
      "AND l.pid <> pg_catalog.pg_backend_pid() AND a.usesysid IS NOT NULL AND l.database = "
      "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) "
      "AND l.relation IN (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = "
      "ANY (pg_catalog.string_to_array($1, ' ')::oid[])) ORDER BY l.pid LIMIT 1",
      {ids}};
}

std::string object_ids(const CatalogRows& rows) {
  std::string ids;
  for (const auto& row : rows) {
    if (!ids.empty()) ids += ' ';
    ids += row.at(0).value_or("");
  }
  return ids;
}

std::vector<std::string> unfinished_since(const CatalogRows& now, const std::string& before) {
  const std::vector<std::string> old = words(before);
  std::vector<std::string> drops;
  for (const auto& row : now) {
    const bool is_index = row.size() > 4;
    if (is_index && !finished(row) && std::ranges::find(old, row.at(0).value_or("")) == old.end()) {
      drops.push_back(drop_of(row));
    }
  }
  return drops;
}

Action decide(const Effect& effect, const CatalogRows& now,
              const std::optional<std::string>& before) {
  switch (effect.kind) {
    case EffectKind::repeatable:
      return {};
    case EffectKind::index_built:
      return decide_index(effect, now, before);
    case EffectKind::reindexed:
      return decide_reindex(now);
    case EffectKind::partition_detached:
      return decide_partition(effect, now, before);
    case EffectKind::database_created:
    case EffectKind::tablespace_created:
    case EffectKind::subscription_created:
      return {.already_done = before && before->empty() && !now.empty()};
    case EffectKind::index_dropped:
    case EffectKind::database_dropped:
    case EffectKind::tablespace_dropped:
    case EffectKind::subscription_dropped:
      return {.already_done = before && !before->empty() && now.empty()};
  }
  return {};
}

}  // namespace pgtide::engine
