#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "pgtide/redact.hpp"
#include "unit/adapters/settings_fixture.hpp"

using namespace pgtide;
using test::row;
using Fixture = test::SettingsFixture;

TEST_CASE("all problems of the file and of the variables at once") {
  Fixture f;
  f.file(
      "durl = \"postgresql://h/d\"\n"
      "lock-timeout = \"1s\"\n"
      "  format = \"xml\"\n"
      "dir = 5\n"
      "yes = \"true\"\n"
      "lock_wait = -1\n"
      "statement_timeout = \"2 weeks\"\n"
      "table = \"public.migrations\"\n"
      "schema = \"\"\n"
      "[policy]\ndatabase_behind = \"warn\"\nout_of_order = true\n"
      "[environments]\nprod = 1\n"
      "[environments.staging]\nenvironment = \"x\"\nlock_timeout = 1.5\n"
      "[frobnicate]\n");
  f.env({{"PGTIDE_CONNECT_TIMEOUT", "soon"}}).flags({{"format", "yaml"}});
  const std::vector<std::string> expected{
      "1:1: unknown key `durl` | did you mean `url`?",
      "2:1: unknown key `lock-timeout` | did you mean `lock_timeout`?",
      "3:3: `format` is neither `text` nor `json`: `xml` | ",
      "4:1: `dir` must be a string, not a number | ",
      "5:1: `yes` must be true or false, not a string | write true or false",
      "6:1: `lock_wait` is not a duration: `-1` | write it like 500ms, 2s, 5min or 1h; a number "
      "alone is milliseconds",
      "7:1: `statement_timeout` is not a duration: `2 weeks` | write it like 500ms, 2s, 5min or "
      "1h; a number alone is milliseconds",
      "8:1: `table` holds a dot: `public.migrations`; the schema is a setting of its own, "
      "`schema` | ",
      "11:1: unknown key `policy.database_behind` | did you mean `policy.database_ahead`?",
      "12:1: `policy.out_of_order` must be a string, not true or false | ",
      "14:1: `environments.prod` is a number, not a table | write a section "
      "[environments.production] and the keys below it",
      "16:1: unknown key `environment` | docs/configuration.md lists the keys",
      "17:1: `lock_timeout` must be a duration, not a fraction | write it like 500ms, 2s, 5min or "
      "1h; a number alone is milliseconds",
      "18:2: unknown key `frobnicate` | docs/configuration.md lists the keys",
      "0:0: PGTIDE_CONNECT_TIMEOUT is not a duration: `soon` | write it like 500ms, 2s, 5min or "
      "1h; a number alone is milliseconds",
      "0:0: --format is neither `text` nor `json`: `yaml` | "};
  const auto found = f.problems();
  for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i) {
    CHECK((i < found.size() ? found[i] : "") == (i < expected.size() ? expected[i] : ""));
  }
}

TEST_CASE("limits of durations and names") {
  CHECK(Fixture().file("lock_timeout = 2147483647").problems().empty());
  CHECK(Fixture().file("lock_timeout = 2147483648").problems().size() == 1);
  CHECK(Fixture().file("lock_timeout = 9223372036854775807").problems().size() == 1);
  CHECK(Fixture().file("table = \"" + std::string(56, 'x') + "\"").problems().empty());
  CHECK(Fixture().file("table = \"" + std::string(57, 'x') + "\"").problems().size() == 1);
  CHECK(Fixture().file("role = \"" + std::string(64, 'x') + "\"").problems().size() == 1);
  CHECK(Fixture().file("role = \"a\\u0000b\"").problems().size() == 1);
  CHECK(Fixture().file("table = \"\"").problem() ==
        "1:1: `table` is empty | leave the line out for the default");
}

TEST_CASE("tables in the wrong place") {
  CHECK(Fixture().file("[environment.production]\ndir = \"x\"").problem() ==
        "1:2: `environment` is the name of the environment, not a table | write "
        "[environments.production] for the settings of one environment");
  CHECK(Fixture().file("environments = \"x\"").problems().size() == 1);
  CHECK(Fixture().file("policy = \"warn\"").problem() ==
        "1:1: `policy` is a string, not a table | write a line [policy] and the keys below it");
}

TEST_CASE("a syntax error has its line and column, and shows no password") {
  Fixture f;
  f.file("dir = \"x\"\nurl = \"postgresql://u:s3cret@h/d\n");
  const auto found = f.problem();
  CAPTURE(found);
  CHECK(found.substr(0, 2) == "2:");
  CHECK(found.find("not valid TOML") != std::string::npos);
  CHECK(found.find("s3cret") == std::string::npos);
  f.file("durl = \"postgresql://u:s3cret@h/d\"\n");
  try {
    f.resolve();
  } catch (const Error& error) {
    REQUIRE(error.problems().size() == 1);
    CHECK(error.problems()[0].source_line == "durl = ***");
    CHECK(std::string(error.what()) == "the configuration has a problem");
  }
}

TEST_CASE("a line that is broken anywhere shows nothing of a password") {
  for (const char* line :
       {"url = \"postgresql://u:my s3cret@h/d", "url = \"u:s3cret@h/d", "url = u:s3cret@h/d",
        "url = s3cret", "url = 'x' s3cret", "url \"u:s3cret@h/d\"", "u:s3cret@h/d",
        "[u:s3cret@h/d]", "\"u:s3cret@h/d\" = 1", "ulr = \"my s3cret\"", "s3cret",
        "url = \"u:s3cret\\q@h\"", "dir = \"x\" url = \"u:s3cret@h/d\"",
        "[hooks]\nbefore = [\"curl\", \"Auth s3cret]", "url = \"\"\"\nu:s3cret@h/d"}) {
    CAPTURE(line);
    Fixture f;
    f.file(line);
    for (const Problem& problem : f.thrown()) {
      CHECK(redact_broken_url(problem.message).find("s3cret") == std::string::npos);
      CHECK(problem.source_line.find("s3cret") == std::string::npos);
    }
    CHECK(f.thrown().size() == 1);
  }
  CHECK(Fixture().file("lock_timeout = 5 s").thrown().at(0).source_line == "lock_timeout = 5 s");
}

TEST_CASE("the file itself") {
  Fixture f;
  SettingsInput input = f.input();
  input.config_path = f.path() + ".missing";
  CHECK_THROWS_WITH_AS(
      resolve_settings(input),
      (std::string("there is no file ") + f.path() + ".missing (named by --config)").c_str(),
      Error);
  f.env({{"PGTIDE_CONFIG", f.path()}});
  CHECK(f.problem() == "there is no file " + f.path() + " (named by PGTIDE_CONFIG)");
  f.file(
      "\xEF\xBB\xBF"
      "dir = \"bom\"\r\n");
  input = f.input();
  input.config_path.reset();
  CHECK(resolve_settings(input).settings.dir == "bom");
  CHECK(resolve_settings(input).config_file == f.path());
  input.config_path = std::filesystem::path(f.path()).parent_path().string();
  CHECK_THROWS_AS(resolve_settings(input), Error);
  f.file("dir = \"\xff\"");
  CHECK(f.problems().size() == 1);
}

namespace {

std::string documentation() {
  std::ifstream file(PGTIDE_SOURCE_DIR "/docs/configuration.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the example of the documentation is valid") {
  const std::string text = documentation();
  const std::string opening = "```toml\n";
  const std::size_t begin = text.find(opening) + opening.size();
  const std::size_t end = text.find("```", begin);
  REQUIRE(end != std::string::npos);
  Fixture f;
  f.file(text.substr(begin, end - begin));
  CHECK(f.settings().embedded == ".pgtide");
  f.flags({{"env", "production"}}).env({{"SHOP_DB_PASSWORD", "x"}});
  CHECK(f.settings().role == "shop_owner");
  CHECK(f.settings().url == "postgresql://shop:x@db.internal/shop?sslmode=verify-full");
}

TEST_CASE("every setting stands in docs/configuration.md") {
  const std::string text = documentation();
  for (const auto& info : setting_table()) {
    CAPTURE(info.key);
    const std::size_t begin = text.find("\n| `" + info.key + "` |");
    REQUIRE(begin != std::string::npos);
    const std::string line = text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
    CHECK(line.find("`" + info.flag) != std::string::npos);
    for (const auto& variable : info.variables) {
      CHECK(line.find("`" + variable + "`") != std::string::npos);
    }
    CHECK(line.find(info.fallback) != std::string::npos);
    CHECK(line.find(info.description) != std::string::npos);
  }
}
