#include <doctest/doctest.h>

#include "engine/shared_session.hpp"

using namespace pgtide;
using namespace pgtide::engine;

namespace {

SharedSession found() {
  return shared_session({{"backend", "4711", "1795248318640798"},
                         {"role", "owner", {}},
                         {"prepared", "theirs", {}},
                         {"setting", "work_mem", "5120"},
                         {"setting", "search_path", "\"$user\", app"}});
}

}  // namespace

TEST_CASE("a look at a session tells where the transaction runs") {
  const SharedSession session = found();
  CHECK(session.backend.pid == 4711);
  CHECK(session.backend.is_shared);
  CHECK(session.backend.transaction_began == "1795248318640798");
  CHECK(SharedSession{}.backend.pid == 0);
}

TEST_CASE("settings and role go back to what they were") {
  const std::vector<Query> queries = found().restore_settings();
  REQUIRE(queries.size() == 4);
  CHECK(queries[2].sql == "RESET ALL");
  CHECK(queries[3].sql ==
        "SELECT pg_catalog.set_config($1, $2, false), pg_catalog.set_config($3, $4, false), "
        "pg_catalog.set_config($5, $6, false)");
  CHECK(queries[3].params ==
        std::vector<Param>{"work_mem", "5120", "search_path", "\"$user\", app", "role", "owner"});
}

TEST_CASE("a session that had nothing of its own is only reset") {
  CHECK(shared_session({{"role", "none", {}}}).restore_settings().size() == 3);
}

TEST_CASE("only what was prepared since then is forgotten") {
  SharedSession now = found();
  now.prepared.insert("a \"b\"");
  const std::vector<Query> queries = found().forget_prepared(now);
  REQUIRE(queries.size() == 1);
  CHECK(queries[0].sql == "DEALLOCATE \"a \"\"b\"\"\"");
  CHECK(found().forget_prepared(found()).empty());
}
