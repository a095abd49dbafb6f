// The lexer and the parser both come from PostgreSQL's sources, with functions of the same names.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <pg_query.h>

#include <string>

#include "pgtide/sql/statement.hpp"

namespace {

// The file whose `name` a shared library would call.
std::string provider_of(const char* name) {
  Dl_info info{};
  void* const symbol = dlsym(RTLD_DEFAULT, name);
  if (symbol == nullptr || dladdr(symbol, &info) == 0) return "nobody";
  return info.dli_fname;
}

}  // namespace

TEST_CASE("the parser manages its memory with functions of its own") {
  REQUIRE(pgtide::sql::classify("BEGIN") == pgtide::sql::StatementKind::begin);
  Dl_info parser{};
  REQUIRE(dladdr(reinterpret_cast<void*>(&pg_query_parse), &parser) != 0);
  for (const char* name : {"palloc", "palloc0", "repalloc", "pfree", "pstrdup"}) {
    CAPTURE(name);
    CHECK(provider_of(name) == std::string(parser.dli_fname));
  }
}
