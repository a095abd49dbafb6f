#include <doctest/doctest.h>

#include "pgtide/nearest.hpp"

using pgtide::nearest;

TEST_CASE("a typing mistake finds the word that was meant") {
  const std::vector<std::string> commands = {"up", "down", "status", "generate", "validate"};
  CHECK(nearest("staus", commands) == "status");
  CHECK(nearest("sattus", commands) == "status");
  CHECK(nearest("STATUS", commands) == "status");
  CHECK(nearest("genrate", commands) == "generate");
  CHECK(nearest("pu", commands) == "up");
  CHECK(nearest("lock_timout", {"statement_timeout", "lock_timeout"}) == "lock_timeout");
  CHECK(nearest("no_transaction", {"batch", "no-transaction"}) == "no-transaction");
}

TEST_CASE("nothing is suggested for a word that is like none") {
  CHECK(nearest("frobnicate", {"up", "down", "status", "generate"}).empty());
  CHECK(nearest("x", {"up", "y"}).empty());
  CHECK(nearest("", {"up", ""}).empty());
  CHECK(nearest("down", {}).empty());
  CHECK(nearest(std::string(100000, 'a'), {std::string(100000, 'a')}).empty());
}

TEST_CASE("the closest wins, and the first of equals") {
  CHECK(nearest("table", {"tables_", "tabel"}) == "tabel");
  CHECK(nearest("bat", {"cat", "rat"}) == "cat");
  CHECK(nearest("bath", {"bat", "bath"}) == "bath");
}
