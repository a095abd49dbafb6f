#include <doctest/doctest.h>

#include "core/name_list.hpp"

using namespace pgtide;

TEST_CASE("names are taken as they are written, and quoted") {
  const auto path = [](const char* text) {
    const auto names = names_in_list(text);
    return names ? quoted_list(*names) : std::string("refused");
  };
  CHECK(path("app") == R"("app")");
  CHECK(path("Ops, two words ,$user,\tpublic") == R"("Ops", "two words", "$user", "public")");
  CHECK(path(R"("$user", "a,b", "say ""x""")") == R"("$user", "a,b", "say ""x""")");
  CHECK(path("it's; DROP TABLE t") == R"("it's; DROP TABLE t")");
  for (const char* bad :
       {"", "a,", ",a", " , ", "\"\"", "\"a", "a\"b", "\"a\"b", "\"a\"\"b\"c\""}) {
    CAPTURE(bad);
    CHECK(path(bad) == "refused");
  }
}
