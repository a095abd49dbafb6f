// Access control lists, options and definitions of views, as the server writes them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "schema/grants.hpp"
#include "schema/options.hpp"
#include "schema/view_text.hpp"

using namespace pgtide::schema;

TEST_CASE("elements of an array") {
  CHECK(array_elements("{}").empty());
  CHECK(array_elements("{a,b}") == std::vector<std::string>{"a", "b"});
  CHECK(array_elements(R"({"a,b","say \"x\"",""})") ==
        std::vector<std::string>{"a,b", R"(say "x")", ""});
}

TEST_CASE("an ACL in words") {
  const std::string usual = "{me=arwdDxt/me}";
  CHECK(grants_in_words(usual, usual, "me") == "owner: ALL");
  CHECK(grants_in_words("{}", usual, "me") == "nobody");
  CHECK(grants_in_words("{me=arwdDxt/me,app=r/me,=ra/me}", usual, "me") ==
        "PUBLIC: INSERT, SELECT; app: SELECT; owner: ALL");
  CHECK(grants_in_words("{app=r*w/me}", usual, "me") == "app: SELECT with grant option, UPDATE");
  CHECK(grants_in_words("{app=a*r*w*d*D*x*t*/me}", usual, "me") == "app: ALL with grant option");
  CHECK(grants_in_words("{app=r/boss}", usual, "me") == "app by boss: SELECT");
  CHECK(grants_in_words(R"({"\"Odd: one\"=r/me",owner=r/me})", usual, "me") ==
        R"("Odd: one": SELECT; "owner": SELECT)");
}

TEST_CASE("all rights are all rights, however many the version knows") {
  CHECK(grants_in_words("{me=arwdDxtm/me,app=arwdDxtm/me}", "{me=arwdDxtm/me}", "me") ==
        grants_in_words("{me=arwdDxt/me,app=arwdDxt/me}", "{me=arwdDxt/me}", "me"));
}

TEST_CASE("options are sorted, and a secret is not shown but a change of it is") {
  CHECK(options_in_words("{b=2,a=1}") == "a=1, b=2");
  CHECK(options_in_words("{pg_attver=27307280}") == "");
  const std::string one = options_in_words("{user=x,password=first}");
  const std::string other = options_in_words("{user=x,password=second}");
  CHECK(one.find("first") == one.npos);
  CHECK(one.find("user=x") != one.npos);
  CHECK(one != other);
  CHECK(options_in_words("{App.JWT_Secret=abc}").find("abc") == std::string::npos);
}

TEST_CASE("the columns of a view's only relation need no qualifier") {
  CHECK(without_needless_qualifiers(
            " SELECT t.a, t.\"B\" AS b\n   FROM public.t\n  WHERE (t.a > 1);") ==
        " SELECT a, \"B\" AS b\n   FROM public.t\n  WHERE (a > 1);");
  CHECK(without_needless_qualifiers("SELECT \"order\".id FROM shop.\"order\";") ==
        "SELECT id FROM shop.\"order\";");
  CHECK(without_needless_qualifiers("SELECT n.n FROM generate_series(1, 10) n(n);") ==
        "SELECT n FROM generate_series(1, 10) n(n);");
}

TEST_CASE("what else a full stop stands for stays") {
  for (const char* text : {
           "SELECT a.x, b.y FROM (public.a JOIN public.b ON ((a.x = b.y)));",
           "SELECT a.x, b.y FROM public.a, public.b;",
           "SELECT t.a FROM public.t UNION SELECT t.a FROM public.t;",
           "SELECT ( SELECT t.a FROM public.u) AS a FROM public.t;",
           "SELECT t.* FROM public.t;",
           "SELECT 't.a'::text AS b FROM public.t;",
           "SELECT t.f(1) AS b FROM t.t;",
           "SELECT 'x'::t.state AS b FROM t.t;",
           "SELECT 1 AS one;",
       }) {
    CHECK(without_needless_qualifiers(text) == text);
  }
}
