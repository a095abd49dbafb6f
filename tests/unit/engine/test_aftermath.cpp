#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/aftermath.hpp"

using namespace pgtide;
using namespace pgtide::engine;

namespace {

using Row = std::vector<Param>;

Row index(const std::string& id, const std::string& name, const std::string& finished,
          const std::string& columns = "n") {
  return {id, name, finished, "s." + name,
          "CREATE INDEX " + name + " ON s.t USING btree (" + columns + ")"};
}

// `done`, `instead: …`, or the statements to run first.
std::string told(const std::string& statement, const CatalogRows& now,
                 const std::optional<std::string>& before) {
  const Action action = decide(sql::effect_of(statement), now, before);
  std::string text = action.already_done ? "done" : "run";
  if (!action.instead.empty()) text = "instead: " + action.instead;
  for (const std::string& sql : action.clear_away) text = sql + ", " + text;
  return text;
}

const std::string drop_i = "DROP INDEX CONCURRENTLY IF EXISTS s.i, ";

}  // namespace

TEST_CASE("an index that is begun for the first time") {
  const std::string create = "CREATE INDEX CONCURRENTLY i ON t (n)";
  CHECK(told(create, {}, std::nullopt) == "run");
  CHECK(told(create, {index("1", "other", "true")}, std::nullopt) == "run");
  CHECK(told(create, {index("1", "other", "false")}, std::nullopt) == "run");
  // The server says that it exists.
  CHECK(told(create, {index("1", "i", "true")}, std::nullopt) == "run");
  CHECK(told(create, {index("1", "i", "false")}, std::nullopt) == drop_i + "run");
  CHECK(told("CREATE INDEX CONCURRENTLY IF NOT EXISTS I ON t (n)", {index("1", "i", "false")},
             std::nullopt) == drop_i + "run");
  CHECK(told("CREATE INDEX CONCURRENTLY ON t (n)", {index("1", "i", "false")}, std::nullopt) ==
        "run");
}

TEST_CASE("an index that was begun before") {
  const std::string create = "CREATE INDEX CONCURRENTLY i ON t (n)";
  CHECK(told(create, {}, "") == "run");
  CHECK(told(create, {index("2", "i", "true")}, "1") == "done");
  CHECK(told(create, {index("2", "i", "false")}, "1") == drop_i + "run");
  CHECK(told(create, {index("1", "i", "false")}, "1") == drop_i + "run");
  // It was there before the first attempt: not this statement's work.
  CHECK(told(create, {index("1", "i", "true")}, "1") == "run");
  CHECK(told(create, {index("11", "i", "true")}, "1 2") == "done");

  const std::string nameless = "CREATE INDEX CONCURRENTLY ON t (n)";
  CHECK(told(nameless, {index("1", "old", "true"), index("2", "i", "true")}, "1") == "done");
  CHECK(told(nameless, {index("1", "old", "false"), index("2", "i", "false")}, "1") ==
        drop_i + "run");
  CHECK(told(nameless, {index("1", "old", "true")}, "1") == "run");
  // What somebody else has made, or is making.
  CHECK(told(nameless, {index("2", "i", "true", "m")}, "1") == "run");
  CHECK(told(nameless, {index("2", "i", "false", "m")}, "1") == "run");
  CHECK(told(nameless, {index("2", "j", "false", "m"), index("3", "i", "false")}, "1") ==
        drop_i + "run");
}

TEST_CASE("what REINDEX CONCURRENTLY leaves") {
  const std::string reindex = "REINDEX TABLE CONCURRENTLY t";
  CHECK(told(reindex, {index("1", "i", "true"), index("2", "i_ccnew", "true")}, "1 2") == "run");
  CHECK(told(reindex, {index("1", "x", "false")}, std::nullopt) == "run");
  CHECK(told(reindex, {index("1", "i_ccnew", "false")}, std::nullopt) ==
        "DROP INDEX CONCURRENTLY IF EXISTS s.i_ccnew, run");
  CHECK(told(reindex, {index("1", "i_ccold12", "false")}, "") ==
        "DROP INDEX CONCURRENTLY IF EXISTS s.i_ccold12, run");
  CHECK(told(reindex, {index("1", "i_ccnewest", "false")}, "") == "run");
}

TEST_CASE("a partition that is being detached") {
  const std::string detach = "ALTER TABLE p DETACH PARTITION s.q CONCURRENTLY";
  const CatalogRows attached = {{"1", "", "true", ""}};
  const CatalogRows pending = {{"1", "", "false", ""}};
  CHECK(told(detach, attached, std::nullopt) == "run");
  CHECK(told(detach, attached, "1") == "run");
  CHECK(told(detach, pending, "1") == "instead: ALTER TABLE p DETACH PARTITION s.q FINALIZE");
  CHECK(told(detach, pending, std::nullopt) ==
        "instead: ALTER TABLE p DETACH PARTITION s.q FINALIZE");
  CHECK(told(detach, {}, "1") == "done");
  // It was not attached when the statement was begun: that has failed, and will again.
  CHECK(told(detach, {}, "") == "run");
  CHECK(told(detach, {}, std::nullopt) == "run");
}

TEST_CASE("what is created or dropped once") {
  const CatalogRows there = {{"7", "x", "true", "x"}};
  for (const char* object : {"DATABASE", "TABLESPACE", "SUBSCRIPTION"}) {
    CAPTURE(object);
    const std::string create = std::string("CREATE ") + object + " x";
    CHECK(told(create, {}, std::nullopt) == "run");
    CHECK(told(create, there, std::nullopt) == "run");
    CHECK(told(create, there, "") == "done");
    CHECK(told(create, there, "7") == "run");
    CHECK(told(create, {}, "") == "run");
    const std::string drop = std::string("DROP ") + object + " x";
    CHECK(told(drop, there, std::nullopt) == "run");
    CHECK(told(drop, there, "7") == "run");
    CHECK(told(drop, {}, "7") == "done");
    CHECK(told(drop, {}, "") == "run");
  }
  CHECK(told("DROP INDEX CONCURRENTLY i", {}, "7") == "done");
  CHECK(told("VACUUM", {}, "") == "run");
}

TEST_CASE("what to look for, and what the journal keeps") {
  CHECK(look_for(sql::effect_of("VACUUM t")).empty());
  const auto look = look_for(sql::effect_of("CREATE INDEX CONCURRENTLY i ON \"T\" (n)"));
  REQUIRE(look.size() == 3);
  CHECK(look[0].params == std::vector<Param>{"\"T\"", std::nullopt});
  CHECK(look[1].sql == own_settings().sql);
  const auto database = look_for(sql::effect_of("CREATE DATABASE My"));
  REQUIRE(database.size() == 2);
  CHECK(database[1].params == std::vector<Param>{"my"});
  CHECK(object_ids({}) == "");
  CHECK(object_ids({index("1", "a", "true"), index("22", "b", "true")}) == "1 22");
}
