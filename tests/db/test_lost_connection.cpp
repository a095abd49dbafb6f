// What becomes of a session that nobody can use any more.
#include <doctest/doctest.h>

#include <string>

#include "adapters/pg_connection.hpp"
#include "support/db_server.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

const std::string began =
    "SELECT (date_part('epoch', backend_start) * 1000000)::bigint FROM pg_stat_activity WHERE pid "
    "= ";

}  // namespace

TEST_CASE("a lost session is ended, and not another one that got its pid since") {
  Database db;
  Sql lost = db.connect();
  const std::string pid = std::to_string(lost.pid());
  const auto connection = adapters::connect({.conninfo = db.conninfo()});
  const auto end = [&](const std::string& session_began) {
    return adapters::end_session(connection.get(),
                                 {.pid = lost.pid(), .session_began = session_began},
                                 std::chrono::seconds(10));
  };
  const std::string sessions = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid;
  CHECK(end("1234567890123456"));
  CHECK(db.value(sessions) == "1");
  CHECK(end(db.value(began + pid)));
  CHECK(db.value(sessions) == "0");
}
