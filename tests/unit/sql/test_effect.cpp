#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "pgtide/sql/effect.hpp"

using namespace pgtide::sql;

namespace {

const char* name_of(EffectKind kind) {
  switch (kind) {
    case EffectKind::repeatable:
      return "repeatable";
    case EffectKind::index_built:
      return "index_built";
    case EffectKind::index_dropped:
      return "index_dropped";
    case EffectKind::reindexed:
      return "reindexed";
    case EffectKind::partition_detached:
      return "partition_detached";
    case EffectKind::database_created:
      return "database_created";
    case EffectKind::database_dropped:
      return "database_dropped";
    case EffectKind::tablespace_created:
      return "tablespace_created";
    case EffectKind::tablespace_dropped:
      return "tablespace_dropped";
    case EffectKind::subscription_created:
      return "subscription_created";
    case EffectKind::subscription_dropped:
      return "subscription_dropped";
  }
  return "?";
}

// `index_built i on t`
std::string effect(const std::string& statement) {
  const Effect found = effect_of(statement);
  std::string text = name_of(found.kind);
  if (!found.object.empty()) text += " " + found.object;
  if (!found.table.empty()) text += " on " + found.table;
  if (found.on_table) text += " (table)";
  return text;
}

}  // namespace

TEST_CASE("what a statement leaves behind") {
  CHECK(effect("CREATE INDEX CONCURRENTLY i ON t (n)") == "index_built i on t");
  CHECK(effect("create unique index concurrently if not exists i on only app.t using btree (n)") ==
        "index_built i on app.t");
  CHECK(effect("CREATE INDEX CONCURRENTLY ON t (n)") == "index_built on t");
  CHECK(effect("CREATE /* c */ INDEX -- d\n CONCURRENTLY \"i ON x\" ON \"S\".\"t;\" (n)") ==
        "index_built \"i ON x\" on \"S\".\"t;\"");
  CHECK(effect("DROP INDEX CONCURRENTLY IF EXISTS app.i CASCADE") == "index_dropped app.i");
  CHECK(effect("REINDEX INDEX CONCURRENTLY app.i") == "reindexed app.i");
  CHECK(effect("REINDEX (VERBOSE, CONCURRENTLY) TABLE t") == "reindexed t (table)");
  CHECK(effect("REINDEX SCHEMA CONCURRENTLY app") == "repeatable");
  CHECK(effect("ALTER TABLE IF EXISTS ONLY p DETACH PARTITION s.p1 CONCURRENTLY") ==
        "partition_detached s.p1 on p");
  CHECK(effect("CREATE DATABASE \"My db\" TEMPLATE x") == "database_created \"My db\"");
  CHECK(effect("DROP DATABASE IF EXISTS db WITH (FORCE)") == "database_dropped db");
  CHECK(effect("CREATE TABLESPACE s LOCATION '/x'") == "tablespace_created s");
  CHECK(effect("DROP TABLESPACE IF EXISTS s") == "tablespace_dropped s");
  CHECK(effect("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p") == "subscription_created s");
  CHECK(effect("DROP SUBSCRIPTION s") == "subscription_dropped s");
  for (const char* repeatable :
       {"VACUUM FULL t", "ALTER SYSTEM SET a = 1", "CALL p()", "ALTER TABLE p DETACH PARTITION p1",
        "ALTER TABLE p DETACH PARTITION p1 FINALIZE", "DISCARD ALL", "CREATE INDEX i ON t (n)",
        "DROP INDEX i", "CLUSTER", ""}) {
    CAPTURE(repeatable);
    CHECK(effect(repeatable) == "repeatable");
  }
}

TEST_CASE("the last part of a name, folded and cut as the server does") {
  CHECK(base_name("Users") == "users");
  CHECK(base_name("App.\"Users\"") == "Users");
  CHECK(base_name("\"a.b\".\"c\"\"d\"") == "c\"d");
  CHECK(base_name(std::string(70, 'x')) == std::string(63, 'x'));
  // No character is cut in half: 61 bytes, then one of three.
  CHECK(base_name(std::string(61, 'x') + "€y") == std::string(61, 'x'));
  CHECK(base_name("") == "");
}

TEST_CASE("statements that wait for transactions of others") {
  CHECK(waits_for_transactions("CREATE INDEX CONCURRENTLY i ON t (n)"));
  CHECK(waits_for_transactions("reindex (concurrently) table t"));
  CHECK(waits_for_transactions("ALTER TABLE p DETACH PARTITION q FINALIZE"));
  CHECK_FALSE(waits_for_transactions("VACUUM FULL \"CONCURRENTLY\" -- CONCURRENTLY"));
}

TEST_CASE("statements that only change what holds for the session") {
  for (const char* statement :
       {"SET search_path = a", "set session authorization x", "SET ROLE x", "SET SESSION a.b = 1",
        "RESET ROLE", "RESET ALL", "DISCARD ALL", "SELECT set_config('a', 'b', false)",
        "SELECT pg_catalog.set_config('search_path', '', false) /* pg_dump's */"}) {
    CAPTURE(statement);
    CHECK(only_sets_session(statement));
  }
  for (const char* statement :
       {"SET LOCAL a = 1", "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED",
        "DISCARD TEMP", "SELECT set_config('a', 'b', true)", "SELECT set_config('a', f(), false)",
        "SELECT set_config('a', 'b', false), nextval('s')", "SELECT 1", "UPDATE t SET n = 1"}) {
    CAPTURE(statement);
    CHECK_FALSE(only_sets_session(statement));
  }
  CHECK(resets_session("DISCARD ALL"));
  CHECK(resets_session("reset all"));
  CHECK_FALSE(resets_session("RESET work_mem"));
  CHECK_FALSE(resets_session("DISCARD TEMP"));
}

TEST_CASE("an index is known by its shape, whatever it is called") {
  const auto same = [](const std::string& statement, const std::string& definition) {
    return index_shape(statement) == index_shape("CREATE " + definition);
  };
  const std::string simple = "INDEX t_n_idx ON public.t USING btree (n)";
  CHECK(same("CREATE INDEX CONCURRENTLY ON t (n)", simple));
  CHECK(same("create index concurrently on only app.T using BTREE ( N asc );", simple));
  CHECK(same("CREATE INDEX CONCURRENTLY ON t (n) TABLESPACE fast", simple));
  CHECK_FALSE(same("CREATE UNIQUE INDEX CONCURRENTLY ON t (n)", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t (m)", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t (\"N\")", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t (n, m)", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t USING hash (n)", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t (n DESC)", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t (n) WHERE n > 0", simple));
  CHECK_FALSE(same("CREATE INDEX CONCURRENTLY ON t ((n::text))", simple));
  CHECK(same("CREATE UNIQUE INDEX CONCURRENTLY ON t (lower(name), m) INCLUDE (n)",
             "UNIQUE INDEX i ON t USING btree (lower(name), m) INCLUDE (n)"));
  CHECK(
      same("CREATE INDEX CONCURRENTLY ON t USING gin (doc) WITH (fastupdate = off) "
           "WHERE state = 'open' AND n > 0",
           "INDEX i ON t USING gin (doc) WITH (fastupdate='off') WHERE ((state = "
           "'open'::text) AND (n > 0))"));
}

TEST_CASE("the size of a batch is filled in, and nothing moves") {
  const auto filled = [](const std::string& statement) {
    const std::string text = with_batch_size(statement, 500);
    CHECK(text.size() == statement.size());
    return text;
  };
  CHECK(filled("LIMIT :batch_size") == "LIMIT 500        ");
  CHECK(filled("LIMIT :BATCH_SIZE) x") == "LIMIT 500        ) x");
  CHECK(filled(":batch_size+:batch_size") == "500        +500        ");
  CHECK(filled("x::batch_size ':batch_size' \":batch_size\" $$:batch_size$$ --:batch_size") ==
        "x::batch_size ':batch_size' \":batch_size\" $$:batch_size$$ --:batch_size");
  CHECK(filled(":batch_sizes : batch_size") == ":batch_sizes : batch_size");
  CHECK(with_batch_size("LIMIT :batch_size", 123456789012345) == "LIMIT 123456789012345");
}
