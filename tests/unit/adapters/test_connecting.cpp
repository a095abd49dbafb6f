// What libpq says about a connection, and what a connection string asks of the session.
#include <doctest/doctest.h>

#include "adapters/connecting.hpp"
#include "adapters/connection_errors.hpp"
#include "adapters/session_options.hpp"

using namespace pgtide::adapters;

TEST_CASE("the code is taken out of what the server said, in any language") {
  const Refusal refusal = refusal_of(
      "connection to server at \"h\", port 5432 failed: FATAL:  3D000: Datenbank »x« existiert "
      "nicht\nDETAIL:  Es gibt sie nicht.\nLOCATION:  InitPostgres, postinit.c:935\n");
  CHECK(refusal.sqlstate == "3D000");
  CHECK(refusal.reason ==
        "connection to server at \"h\", port 5432 failed: FATAL:  Datenbank »x« existiert "
        "nicht\nDETAIL:  Es gibt sie nicht.");
  CHECK_FALSE(is_absent(refusal));
}

TEST_CASE("libpq's own words have no code") {
  const Refusal refusal = refusal_of(
      "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server "
      "running on that host and accepting TCP/IP connections?\n");
  CHECK(refusal.sqlstate.empty());
  CHECK(is_absent(refusal));
  CHECK_FALSE(is_starting(refusal));
}

TEST_CASE("a server that is starting is not one that is absent") {
  const Refusal refusal = refusal_of("FATAL:  57P03: the database system is starting up\n");
  CHECK(is_starting(refusal));
  CHECK_FALSE(is_absent(refusal));
}

TEST_CASE("every host is tried for itself") {
  CHECK(each_host("host=a dbname=x").size() == 1);
  const auto two = each_host("host=a,b port=1,2 dbname=x");
  REQUIRE(two.size() == 2);
  CHECK(two[1] == "host=a,b port=1,2 dbname=x host='b' port='2'");
  CHECK(each_host("host=a,b port=7")[1] == "host=a,b port=7 host='b' port='7'");
  const auto standby = each_host("host=a,b target_session_attrs=prefer-standby");
  REQUIRE(standby.size() == 4);
  CHECK(standby[0].find("target_session_attrs='standby'") != std::string::npos);
  CHECK(standby[3].find("target_session_attrs='any'") != std::string::npos);
}

TEST_CASE("what `options` sets for a session") {
  CHECK(session_option("-c lock_timeout=5s", "lock_timeout") == "5s");
  CHECK(session_option("-clock_timeout=5s  --lock-timeout=6s", "lock_timeout") == "6s");
  CHECK(session_option("-c search_path=a\\ b -c lock_timeout=1", "lock_timeout") == "1");
  CHECK(session_option("-c search_path=lock_timeout=1", "lock_timeout") == std::nullopt);
  CHECK(session_option("", "lock_timeout") == std::nullopt);
  CHECK(options_of_url("postgresql://u@h/d?options=-c%20lock_timeout%3D3") == "-c lock_timeout=3");
  CHECK(options_of_url("mysql://h") == "");
}
