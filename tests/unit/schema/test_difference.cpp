#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "pgtide/schema/difference.hpp"

using namespace pgtide::schema;

namespace {

std::string told(const Snapshot& before, const Snapshot& after) {
  std::string text;
  for (const Difference& difference : diff(before, after)) text += describe(difference) + "\n";
  return text;
}

Object table(const std::string& name) {
  return {.kind = "table", .identity = name, .attributes = {{"owner", "a"}}};
}

Object column(const std::string& of, const std::string& name, std::vector<Attribute> attributes) {
  return {.kind = "column",
          .identity = of + "." + name,
          .attributes = std::move(attributes),
          .parents = {{"table", of}}};
}

}  // namespace

TEST_CASE("an attribute that is changed, set and gone") {
  const Snapshot before{{column("t", "a", {{"default", "1"}, {"type", "text"}})}};
  const Snapshot after{
      {column("t", "a", {{"not null", "yes"}, {"type", "character varying(255)"}})}};
  CHECK(told(before, after) ==
        "column t.a: default 1 -> none\n"
        "column t.a: not null none -> yes\n"
        "column t.a: type text -> character varying(255)\n");
  CHECK(told(after, before) ==
        "column t.a: default none -> 1\n"
        "column t.a: not null yes -> none\n"
        "column t.a: type character varying(255) -> text\n");
  CHECK(told(before, before) == "");
}

TEST_CASE("what belongs to an object that came or went is not repeated") {
  const Snapshot without{{table("t")}};
  const Snapshot with{{column("u", "a", {}), table("t"), table("u")}};
  CHECK(told(without, with) == "table u: added\n");
  CHECK(told(with, without) == "table u: removed\n");
}

TEST_CASE("a column of a table that stays is told") {
  const Snapshot without{{table("t")}};
  const Snapshot with{{column("t", "a", {}), table("t")}};
  CHECK(told(without, with) == "column t.a: added\n");
  CHECK(told(with, without) == "column t.a: removed\n");
}

TEST_CASE("an object of two parents goes with either") {
  Object index{
      .kind = "index", .identity = "i", .parents = {{"table", "t"}, {"constraint", "t.k"}}};
  const Snapshot without{{table("t")}};
  const Snapshot with{
      {{.kind = "constraint", .identity = "t.k", .parents = {{"table", "t"}}}, index, table("t")}};
  CHECK(told(without, with) == "constraint t.k: added\n");
  CHECK(told(with, {}) == "table t: removed\n");
}

TEST_CASE("the place of a column and who owns an object are aspects of their own") {
  const Snapshot before{
      {column("t", "a", {{"grants", "x: SELECT"}, {"position", "1"}, {"type", "text"}}),
       column("t", "b", {{"position", "2"}}), table("t")}};
  Snapshot after = before;
  after.objects[0].attributes = {{"grants", "nobody"}, {"position", "2"}, {"type", "integer"}};
  after.objects[1].attributes = {{"position", "1"}};
  after.objects[2].attributes[0].value = "b";
  std::map<Aspect, std::string> found;
  for (const Difference& difference : diff(before, after)) {
    found[difference.aspect] += describe(difference) + "\n";
  }
  CHECK(found[Aspect::definition] == "column t.a: type text -> integer\n");
  CHECK(found[Aspect::ownership] ==
        "column t.a: grants x: SELECT -> nobody\ntable t: owner a -> b\n");
  CHECK(found[Aspect::column_order].find("t") != std::string::npos);
}

TEST_CASE("a fingerprint is of what is compared") {
  const Snapshot one{{column("t", "a", {{"type", "text"}})}};
  Snapshot other = one;
  other.objects[0].parents.clear();
  CHECK(fingerprint(one) == fingerprint(other));
  other.objects[0].attributes[0] = {"typ", "etext"};
  CHECK(fingerprint(one) != fingerprint(other));
  CHECK(fingerprint({}) != fingerprint(one));
}
