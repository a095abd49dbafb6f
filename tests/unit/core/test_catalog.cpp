#include <doctest/doctest.h>

#include <algorithm>

#include "core/version_order.hpp"
#include "core_fixtures.hpp"
#include "pgtide/catalog.hpp"

using namespace pgtide;
using namespace core_fixtures;

namespace {

// `file: message [hint]`, one string a problem.
std::vector<std::string> texts(const Catalog& catalog) {
  std::vector<std::string> out;
  for (const Problem& problem : catalog.problems)
    out.push_back(problem.where.file + ": " + problem.message + " [" + problem.hint + "]");
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("files are paired by number and ordered as numbers") {
  const Catalog catalog =
      catalog_from({"10_c.sql", "0009_b.sql", "2_a.sql"}, {"9_rollback.sql", "0010_rollback.sql"});
  CHECK(texts(catalog) == Texts{});
  REQUIRE(catalog.migrations.size() == 3);
  const Migration& b = catalog.migrations[1];
  CHECK(catalog.migrations[0].version == Version(2));
  CHECK(catalog.migrations[0].rollback_path.empty());
  CHECK(b.version_text == "0009");
  CHECK(b.name == "b");
  CHECK(b.forward_path == "migrations/sql/0009_b.sql");
  CHECK(b.rollback_path == "migrations/rollback/9_rollback.sql");
  CHECK_FALSE(b.forward_checksum);
  CHECK(catalog.migrations[2].rollback_path == "migrations/rollback/0010_rollback.sql");
  CHECK(catalog.find(Version(9)) == &b);
  CHECK(catalog.find(Version(3)) == nullptr);
  CHECK(catalog.find(Version(11)) == nullptr);
}

TEST_CASE("timestamps and names with any letters are fine") {
  const Catalog catalog = catalog_of({"20240115103000_add_x.sql", "20240116000000_Grün & 2.0.sql"});
  CHECK(texts(catalog) == Texts{});
  CHECK(catalog.migrations[1].name == "Grün & 2.0");
  CHECK(catalog.version_width() == 14);
}

TEST_CASE("what nobody meant as a script is passed over") {
  const std::vector<std::string> names = {".0001_x.sql.swp", ".gitkeep",    ".hidden.sql",
                                          "README",          "README.sql",  "readme.md",
                                          "notes.md",        "0001_x.sql~", "0001_x.sql.swp",
                                          "0001_x.sql.orig", "seed.csv",    "sql"};
  const Catalog catalog = catalog_from(names, names);
  CHECK(texts(catalog) == Texts{});
  CHECK(catalog.migrations.empty());
}

TEST_CASE("an ignored kind of folder is no problem, one called like a script is") {
  const Catalog catalog = build_catalog(
      "m", {{"x.sql", "m/sql/x.sql", false}, {"archive", "m/sql/archive", false}}, {});
  CHECK(texts(catalog) ==
        Texts{"m/sql/x.sql: this is named like a script, but it is a folder or a special file "
              "[rename it, or move it out of the migrations directory]"});
}

TEST_CASE("scripts in a folder below are told of, one problem a folder") {
  const Catalog catalog = build_catalog("m",
                                        {{"0001_a.sql", "m/sql/0001_a.sql"},
                                         {"2026", "m/sql/2026", false},
                                         {"2026/0003_c.sql", "m/sql/2026/0003_c.sql"},
                                         {"2026/0002_b.sql", "m/sql/2026/0002_b.sql"},
                                         {"2026/readme.md", "m/sql/2026/readme.md"},
                                         {"notes/x.txt", "m/sql/notes/x.txt"}},
                                        {{"old/0001_rollback.sql", "m/rollback/old/x.sql"}});
  CHECK(texts(catalog) ==
        Texts{"m/sql/2026/: pgtide does not look into this folder, which holds 0002_b.sql and "
              "0003_c.sql [move scripts to m/sql, and what is no migration out of m]",
              "m/rollback/old/: pgtide does not look into this folder, which holds "
              "0001_rollback.sql [move scripts to m/rollback, and what is no migration out of m]"});
  CHECK(catalog.migrations.size() == 1);
}

TEST_CASE("the way back as other tools name it is none of the forward scripts") {
  CHECK(texts(catalog_from({"0001_a.up.sql", "0001_a.down.sql", "0002_b.undo.sql"}, {})) ==
        Texts{"migrations/sql/0001_a.down.sql: another tool's way back lies among the forward "
              "scripts [move it to migrations/rollback/0001_rollback.sql]",
              "migrations/sql/0002_b.undo.sql: another tool's way back lies among the forward "
              "scripts [move it to migrations/rollback/0002_rollback.sql]"});
}

TEST_CASE("a free number for the second of two scripts keeps the order where it can") {
  const Catalog catalog =
      catalog_from({"20240101000000_a.sql", "20240101000000_b.sql", "20240301000000_c.sql"}, {});
  REQUIRE(catalog.problems.size() == 1);
  CHECK(catalog.problems.front().hint ==
        "give the newer one a free number, such as 20240101000001");
}

TEST_CASE("dates of two widths that are in another order as numbers") {
  const auto early = [](const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const Problem& problem : dates_out_of_order(catalog_from(names, {}))) {
      files.push_back(problem.where.file + " " + problem.hint);
    }
    return files;
  };
  CHECK(early({"20240101000000_a.sql", "20240301000000_c.sql", "20250625_d.sql"}) ==
        std::vector<std::string>{"migrations/sql/20250625_d.sql if it is applied nowhere yet, "
                                 "rename it to 20250625000000_d.sql"});
  CHECK(early({"202506251200_a.sql", "20250101000000_b.sql", "20230101_c.sql"}).size() == 1);
  CHECK(early({"20230101_a.sql", "20240101000000_b.sql"}).empty());
  CHECK(early({"0001_a.sql", "99999999_b.sql", "20240101000000_c.sql"}).empty());
}

TEST_CASE("every wrong forward name is reported at once, each with the right one") {
  const Catalog catalog =
      catalog_from({"0001_ok.sql", "0002_upper.SQL", "0003_mixed.Sql", "0004.sql", "0005_.sql",
                    "0006-add.sql", "0007 add.sql", "add_x.sql", "V8__flyway.sql", "0000_zero.sql",
                    "1234567890123456789_long.sql", "0009_rollback.sql"},
                   {"0001_rollback.sql"});
  CHECK(catalog.migrations.size() == 1);
  CHECK(
      texts(catalog) ==
      Texts{
          "migrations/sql/0000_zero.sql: 0000 is not a version: the first one is 1 [rename it to "
          "begin with a free number, such as 0010_zero.sql]",
          "migrations/sql/0002_upper.SQL: the extension is .SQL, not .sql [rename it to "
          "0002_upper.sql]",
          "migrations/sql/0003_mixed.Sql: the extension is .Sql, not .sql [rename it to "
          "0003_mixed.sql]",
          "migrations/sql/0004.sql: the name after the version is missing [rename it to "
          "0004_<what_it_does>.sql]",
          "migrations/sql/0005_.sql: the name after the version is missing [rename it to "
          "0005_<what_it_does>.sql]",
          "migrations/sql/0006-add.sql: an underscore must follow the version [rename it to "
          "0006_add.sql]",
          "migrations/sql/0007 add.sql: an underscore must follow the version [rename it to "
          "0007_add.sql]",
          "migrations/sql/0009_rollback.sql: a rollback script lies among the forward scripts "
          "[move it to migrations/rollback/0009_rollback.sql]",
          "migrations/sql/1234567890123456789_long.sql: the version has 19 digits, more than 18 "
          "[rename it to begin with a free number, such as 0010_long.sql]",
          "migrations/sql/V8__flyway.sql: the file name does not begin with a version number "
          "[rename it to begin with a free number, such as 0010_V8__flyway.sql]",
          "migrations/sql/add_x.sql: the file name does not begin with a version number [rename it "
          "to begin with a free number, such as 0010_add_x.sql]"});
}

TEST_CASE("a name that cannot be shown is reported in a form that can") {
  const Catalog catalog =
      catalog_from({"0001_a\xFF.sql", "0002_a\nb.sql", "0003_\xC3\xA9.sql"}, {});
  CHECK(texts(catalog) ==
        Texts{"migrations/sql/0001_a\\xff.sql: the file name holds control characters or is not "
              "valid UTF-8 [rename it with letters, digits and underscores]",
              "migrations/sql/0002_a\\x0ab.sql: the file name holds control characters or is not "
              "valid UTF-8 [rename it with letters, digits and underscores]"});
  CHECK(catalog.migrations.size() == 1);
  // C1 control, overlong, surrogate, beyond Unicode, cut off.
  for (const std::string bad :
       {"\xC2\x85", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"})
    CHECK(catalog_from({"0001_" + bad + ".sql"}, {}).problems.size() == 1);
}

TEST_CASE("two scripts with one number are named together, in any width") {
  const Catalog catalog = catalog_from({"0007_add_x.sql", "07_add_y.sql", "8_z.sql", "1_a.sql"},
                                       {"0007_rollback.sql", "7_rollback.sql"});
  CHECK(texts(catalog) ==
        Texts{"migrations/sql/07_add_y.sql: two forward scripts have the version 7: 0007_add_x.sql "
              "and 07_add_y.sql [give the newer one a free number, such as 9]",
              "migrations/rollback/7_rollback.sql: two rollback scripts have the version 7: "
              "0007_rollback.sql and 7_rollback.sql [keep one of them]"});
  CHECK(catalog.migrations.size() == 3);
}

TEST_CASE("three scripts with one number are one problem") {
  const Catalog catalog = catalog_from({"3_a.sql", "3_b.sql", "3_c.sql"}, {});
  CHECK(texts(catalog) ==
        Texts{"migrations/sql/3_b.sql: 3 forward scripts have the version 3: 3_a.sql, 3_b.sql and "
              "3_c.sql [give the newer one a free number, such as 4]"});
}

TEST_CASE("a rollback script without forward script names the one that may be meant") {
  // 0002 is nearer by number, 0007 is the one without a partner.
  const Catalog catalog =
      catalog_from({"0002_a.sql", "0007_add_x.sql"}, {"0001_rollback.sql", "0002_rollback.sql"});
  CHECK(
      texts(catalog) ==
      Texts{"migrations/rollback/0001_rollback.sql: the rollback script has no forward script of "
            "version 0001 [expected migrations/sql/0001_<name>.sql; the nearest forward script is "
            "migrations/sql/0007_add_x.sql]"});
  CHECK(texts(catalog_from({}, {"0001_rollback.sql"})) ==
        Texts{"migrations/rollback/0001_rollback.sql: the rollback script has no forward script of "
              "version 0001 [expected migrations/sql/0001_<name>.sql]"});
}

TEST_CASE("one mistake is one problem: a misnamed script still is its partner's partner") {
  const Catalog forward =
      catalog_from({"0001-a.sql", "0002_b.SQL"}, {"0001_rollback.sql", "0002_rollback.sql"});
  CHECK(forward.problems.size() == 2);
  const Catalog rollback =
      catalog_from({"0001_a.sql", "0002_b.sql"}, {"0001_a.sql", "0002_rollback.SQL"});
  CHECK(rollback.problems.size() == 2);
  CHECK_FALSE(rollback.migrations[0].rollback_path.empty());
  CHECK_FALSE(rollback.migrations[1].rollback_path.empty());
  // A stray rollback script is nobody's forward script.
  CHECK(catalog_from({"0001_rollback.sql"}, {"0001_rollback.sql"}).problems.size() == 2);
}

TEST_CASE("a rollback script with another name is told the right one") {
  const Catalog catalog = catalog_from({"0001_a.sql", "0002_b.sql", "0003_c.sql"},
                                       {"0001_a_rollback.sql", "0002_Rollback.sql",
                                        "0003_rollback.sql", "0003_c.sql", "rollback.sql"});
  CHECK(
      texts(catalog) ==
      Texts{"migrations/rollback/rollback.sql: the file name does not begin with a version number "
            "[name it after the version of its forward script, such as 0001_rollback.sql]",
            "migrations/rollback/0001_a_rollback.sql: this is not the name of a rollback script "
            "[rename it to 0001_rollback.sql]",
            "migrations/rollback/0002_Rollback.sql: this is not the name of a rollback script "
            "[rename it to 0002_rollback.sql]",
            "migrations/rollback/0003_c.sql: 0003 has another rollback script already, "
            "migrations/rollback/0003_rollback.sql [remove one of them; a rollback script is named "
            "0003_rollback.sql]"});
}

TEST_CASE("the order in which a directory lists its files makes no difference") {
  std::vector<std::string> names = {"0001_a.sql", "0002_b.sql", "2_c.sql", "x.sql"};
  const Texts before = texts(catalog_from(names, {}));
  CHECK(before.size() == 2);
  std::reverse(names.begin(), names.end());
  CHECK(texts(catalog_from(names, {})) == before);
}

TEST_CASE("a name becomes what is safe in a file name") {
  CHECK(safe_name("Add Users!") == "add_users");
  CHECK(safe_name("  --add__x-- ") == "add_x");
  CHECK(safe_name("../../etc/passwd") == "etc_passwd");
  CHECK(safe_name("größe 2") == "gr_e_2");
  CHECK(safe_name("!?").empty());
  CHECK(safe_name("").empty());
  CHECK(safe_name(std::string(199, 'a') + "_b").size() == 199);
}

TEST_CASE("the next version is above the newest and never fills a gap") {
  CHECK(next_version(catalog_of({})) == Version(1));
  CHECK(catalog_of({}).version_width() == 4);
  const Catalog catalog = catalog_of({"0001_a.sql", "005_b.sql"});
  CHECK(next_version(catalog) == Version(6));
  CHECK(next_version(catalog, {Version(9), Version(2)}) == Version(10));
  CHECK(catalog.version_width() == 3);
  CHECK_THROWS_AS(next_version(catalog_of({"999999999999999999_last.sql"})), Error);
}
