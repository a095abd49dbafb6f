#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/adapters/settings_fixture.hpp"

using namespace pgtide;
using test::row;
using Fixture = test::SettingsFixture;
using std::chrono::milliseconds;

TEST_CASE("without anything every setting has its default") {
  const auto resolved = Fixture().resolve();
  CHECK(resolved.settings.url == "");
  CHECK_FALSE(resolved.settings.embedded.has_value());
  CHECK(resolved.settings.dir == "migrations");
  CHECK(resolved.notices.empty());
  REQUIRE(resolved.effective.size() == setting_table().size());
  for (const auto& setting : resolved.effective) {
    CAPTURE(setting.key);
    CHECK(setting.source == SettingSource::fallback);
    CHECK(setting.origin == "default");
  }
  CHECK(row(resolved, "schema").value == "public");
  CHECK(row(resolved, "lock_wait").value == "1min");
  CHECK(row(resolved, "dry_run_lock_timeout").value == "2s");
}

TEST_CASE("flag, variable, environment section, file, default") {
  Fixture f;
  f.file(
      "environment = \"staging\"\nlock_timeout = \"1s\"\ndir = \"db\"\n"
      "[environments.staging]\nlock_timeout = \"2s\"\n");
  const auto lock_timeout = [&] { return row(f.resolve(), "lock_timeout"); };

  EffectiveSetting setting = lock_timeout();
  CHECK(setting.value == "2s");
  CHECK(setting.source == SettingSource::environment_section);
  CHECK(setting.origin == f.path() + ":5");

  CHECK(row(f.resolve(), "dir").value == "db");
  CHECK(row(f.resolve(), "dir").source == SettingSource::file);
  CHECK(row(f.resolve(), "dir").origin == f.path() + ":3");

  f.env({{"PGTIDE_LOCK_TIMEOUT", "3s"}});
  setting = lock_timeout();
  CHECK(setting.value == "3s");
  CHECK(setting.origin == "PGTIDE_LOCK_TIMEOUT");

  f.flags({{"lock_timeout", "4s"}});
  setting = lock_timeout();
  CHECK(setting.value == "4s");
  CHECK(setting.origin == "--lock-timeout");
}

TEST_CASE("every setting is read from its variable, its flag and the file") {
  const std::map<std::string, std::pair<std::string, std::string>> samples{
      {"environment", {"ci", "ci"}},
      {"url", {"postgresql://h/d", "postgresql://h/d"}},
      {"embedded", {"folder", "folder"}},
      {"lock_timeout", {"7000", "7s"}},
      {"dry_run_lock_timeout", {"250ms", "250ms"}},
      {"lock_retries", {"7", "7"}},
      {"statement_timeout", {"2h", "2h"}},
      {"timeout", {"45s", "45s"}},
      {"lock_wait", {"0", "0"}},
      {"connect_timeout", {"90s", "90s"}},
      {"format", {"json", "json"}},
      {"log_format", {"json", "json"}},
      {"yes", {"true", "true"}},
      {"policy.database_ahead", {"error", "error"}},
      {"policy.findings", {"off", "off"}},
      {"policy.drift", {"error", "error"}},
      {"verify.allow", {"ownership", "ownership"}},
      {"policy.out_of_order", {"allow", "allow"}},
      {"policy.not_simulable", {"warn", "warn"}},
      {"policy.existing_tables", {"allow", "allow"}},
      {"backup.enabled", {"true", "true"}},
      {"backup.keep_days", {"30", "30"}},
      {"backup.keep_weeks", {"0", "0"}},
      {"backup.keep_months", {"12", "12"}},
      {"rules.confirm", {"true", "true"}},
      {"rules.down_to_zero", {"refuse", "refuse"}},
      {"rules.data_loss", {"refuse", "refuse"}},
      {"rules.forbid_out_of_order", {"true", "true"}},
      {"rules.require_backup", {"true", "true"}},
      {"rules.require_proof", {"true", "true"}},
      {"hooks.timeout", {"5s", "5s"}},
      {"hooks.slow_after", {"2min", "2min"}}};
  const std::set<std::string> switches{"yes",
                                       "backup.enabled",
                                       "rules.confirm",
                                       "rules.forbid_out_of_order",
                                       "rules.require_backup",
                                       "rules.require_proof"};
  for (const auto& info : setting_table()) {
    CAPTURE(info.key);
    const auto it = samples.find(info.key);
    const auto [text, shown] =
        it != samples.end() ? it->second : std::pair<std::string, std::string>{"some", "some"};
    const auto resolved = Fixture().flags({{info.key, text}}).resolve();
    CHECK(row(resolved, info.key).value == shown);
    CHECK(row(resolved, info.key).origin == info.flag);
    for (const auto& variable : info.variables) {
      CAPTURE(variable);
      const auto by_variable = Fixture().env({{variable, text}}).resolve();
      CHECK(row(by_variable, info.key).value == shown);
      CHECK(row(by_variable, info.key).origin == variable);
    }
    const bool is_list = info.value.starts_with("[\"");
    const std::string toml = switches.contains(info.key) ? "true"
                             : is_list                   ? fmt::format("[\"{}\"]", text)
                                                         : fmt::format("\"{}\"", text);
    CHECK(row(Fixture().file(info.key + " = " + toml).resolve(), info.key).value == shown);
    if (info.key == "environment") continue;
    Fixture section;
    section.file(fmt::format("[environments.ci]\n{} = {}", info.key, toml));
    CHECK(row(section.resolve(), info.key).source == SettingSource::fallback);
    section.env({{"NODE_ENV", "ci"}});
    CHECK(row(section.resolve(), info.key).value == shown);
    CHECK(row(section.resolve(), info.key).source == SettingSource::environment_section);
  }
}

TEST_CASE("values reach the members they belong to") {
  const Settings s = Fixture()
                         .file(R"(
dir = "db"
schema = "ops"
table = "steps"
search_path = "app, public"
role = "owner"
pg_bin = "/pg/bin"
lock_timeout = 1500
dry_run_lock_timeout = "10ms"
statement_timeout = "1min"
lock_wait = "2s"
connect_timeout = "3s"
format = "json"
log_format = "json"
yes = true
policy.database_ahead = "error"
policy.findings = "error"
policy.out_of_order = "allow"
)")
                         .settings();
  CHECK(s.dir == "db");
  CHECK(s.schema == "ops");
  CHECK(s.table == "steps");
  CHECK(s.search_path == "app, public");
  CHECK(s.role == "owner");
  CHECK(s.pg_bin == "/pg/bin");
  CHECK(s.lock_timeout == milliseconds(1500));
  CHECK(s.dry_run_lock_timeout == milliseconds(10));
  CHECK(s.statement_timeout == milliseconds(60000));
  CHECK(s.lock_wait == milliseconds(2000));
  CHECK(s.connect_timeout == milliseconds(3000));
  CHECK(s.format == OutputFormat::json);
  CHECK(s.log_format == OutputFormat::json);
  CHECK(s.assume_yes);
  CHECK(s.policy.database_ahead == DatabaseAhead::error);
  CHECK(s.findings == FindingsPolicy::error);
  CHECK(s.policy.out_of_order == OutOfOrder::allow);
}

TEST_CASE("settings of what surrounds a run reach the members they belong to") {
  const Settings s = Fixture()
                         .file(R"(
metrics = "/run/pgtide.prom"
[backup]
enabled = true
directory = "/backups"
keep_days = 1
keep_weeks = 2
keep_months = 3
[rules]
confirm = true
down_to_zero = "refuse"
data_loss = "refuse"
forbid_out_of_order = true
require_backup = true
require_proof = true
[hooks]
before = ["/bin/before", "two words", ""]
after = ["after"]
on_failure = ["failed"]
on_slow = ["slow"]
timeout = "1s"
slow_after = 1500
[telemetry]
endpoint = "http://localhost:4318"
service_name = "shop"
)")
                         .settings();
  CHECK(s.metrics == "/run/pgtide.prom");
  CHECK(s.backup.enabled);
  CHECK(s.backup.directory == "/backups");
  CHECK(s.backup.keep.days == 1);
  CHECK(s.backup.keep.weeks == 2);
  CHECK(s.backup.keep.months == 3);
  CHECK(s.confirms_up());
  CHECK(s.down_to_zero() == Permission::refuse);
  CHECK(s.data_loss() == Permission::refuse);
  CHECK(s.rules.forbid_out_of_order);
  CHECK(s.rules.require_backup);
  CHECK(s.rules.require_proof);
  CHECK(s.hooks.before == std::vector<std::string>{"/bin/before", "two words", ""});
  CHECK(s.hooks.after == std::vector<std::string>{"after"});
  CHECK(s.hooks.on_failure == std::vector<std::string>{"failed"});
  CHECK(s.hooks.on_slow == std::vector<std::string>{"slow"});
  CHECK(s.hooks.timeout == milliseconds(1000));
  CHECK(s.hooks.slow_after == milliseconds(1500));
  CHECK(s.telemetry.endpoint == "http://localhost:4318");
  CHECK(s.telemetry.service_name == "shop");
}

TEST_CASE("the flag for no backup lifts the rule and the backup itself") {
  const std::string file = "backup.enabled = true\nrules.require_backup = true";
  CHECK(Fixture().file(file).settings().backup.enabled);
  for (const std::map<std::string, std::string>& flags :
       {std::map<std::string, std::string>{{"rules.require_backup", ""}},
        {{"rules.require_backup", ""}, {"backup.enabled", ""}}}) {
    const Settings s = Fixture().file(file).flags(flags).settings();
    CHECK_FALSE(s.rules.require_backup);
    CHECK_FALSE(s.backup.enabled);
  }
}

TEST_CASE("production is careful unless it is told otherwise") {
  const auto in = [](const std::string& environment, const std::string& file) {
    return Fixture().file(file).env({{"NODE_ENV", environment}}).settings();
  };
  CHECK(in("production", "").confirms_up());
  CHECK(in("production", "").down_to_zero() == Permission::refuse);
  CHECK(in("prod", "").data_loss() == Permission::refuse);
  CHECK_FALSE(in("staging", "").confirms_up());
  CHECK(in("staging", "").down_to_zero() == Permission::allow);
  CHECK(in("staging", "").data_loss() == Permission::allow);
  const Settings own =
      in("production", "[environments.production.rules]\nconfirm = false\ndata_loss = \"allow\"");
  CHECK_FALSE(own.confirms_up());
  CHECK(own.data_loss() == Permission::allow);
  CHECK(own.down_to_zero() == Permission::refuse);
  CHECK(in("staging", "[rules]\ndata_loss = \"refuse\"").data_loss() == Permission::refuse);
}

TEST_CASE("an empty variable counts as unset") {
  Fixture f;
  f.env({{"PGTIDE_URL", ""},
         {"DATABASE_URL", "postgresql://h/d"},
         {"PGTIDE_YES", ""},
         {"PGTIDE_ENV", ""}});
  CHECK(f.settings().url == "postgresql://h/d");
  CHECK_FALSE(f.settings().assume_yes);
}

TEST_CASE("an empty flag is refused, because it is an unset shell variable") {
  CHECK(Fixture().flags({{"url", ""}}).env({{"DATABASE_URL", "postgresql://h/d"}}).problem() ==
        "0:0: --url is empty | leave the flag out for the default; was a shell variable not set?");
  CHECK(Fixture().flags({{"role", ""}}).problems().size() == 1);
  CHECK(Fixture().flags({{"env", ""}}).problems().size() == 1);
}

TEST_CASE("switches") {
  CHECK(Fixture().flags({{"yes", ""}}).settings().assume_yes);
  CHECK_FALSE(Fixture().flags({{"yes", "false"}}).env({{"PGTIDE_YES", "1"}}).settings().assume_yes);
  CHECK(Fixture().flags({{"policy.out_of_order", ""}}).settings().policy.out_of_order ==
        OutOfOrder::allow);
  CHECK(Fixture().flags({{"embedded", ""}}).settings().embedded == ".pgtide");
  CHECK(Fixture().flags({{"embedded", "x/y"}}).settings().embedded == "x/y");
  CHECK(Fixture().env({{"PGTIDE_EMBEDDED", "1"}}).settings().embedded == ".pgtide");
  CHECK(Fixture().file("embedded = true").settings().embedded == ".pgtide");
  CHECK(Fixture().file("embedded = false").settings().embedded == std::nullopt);
  CHECK(Fixture().env({{"PGTIDE_YES", "perhaps"}}).problem() ==
        "0:0: PGTIDE_YES is neither true nor false: `perhaps` | write true or false");
}

TEST_CASE("npm's --yes counts, npx's does not") {
  CHECK(Fixture().env({{"npm_config_yes", "true"}, {"npm_command", "run"}}).settings().assume_yes);
  CHECK_FALSE(
      Fixture().env({{"npm_config_yes", "true"}, {"npm_command", "exec"}}).settings().assume_yes);
  CHECK_FALSE(Fixture().env({{"npm_config_yes", ""}}).settings().assume_yes);
}

TEST_CASE("the name of the environment") {
  Fixture f;
  f.file("environment = \"a\"\n[environments.a]\n[environments.b]\n[environments.c]\n");
  CHECK(f.settings().environment == "a");
  CHECK(f.env({{"NODE_ENV", "b"}}).settings().environment == "b");
  CHECK(f.env({{"NODE_ENV", "b"}, {"PGTIDE_ENV", "c"}}).settings().environment == "c");
  CHECK(f.flags({{"environment", "a"}}).settings().environment == "a");
  CHECK(f.flags({{"env", "b"}}).settings().environment == "b");
}

TEST_CASE("an environment without a section") {
  Fixture f;
  f.file("[environments.production]\n[environments.staging]\n");
  CHECK(f.flags({{"env", "prodution"}}).problem() ==
        "0:0: --env chooses the environment `prodution`, but pgtide.toml has no section "
        "[environments.prodution] | did you mean `production`?");
  CHECK(f.flags({}).env({{"PGTIDE_ENV", "x"}}).problem() ==
        "0:0: PGTIDE_ENV chooses the environment `x`, but pgtide.toml has no section "
        "[environments.x] | the file has production, staging; an empty section is enough");
  CHECK(f.env({{"NODE_ENV", "test"}}).settings().environment == "test");
  CHECK(Fixture().flags({{"env", "x"}}).file("dir = \"d\"").settings().environment == "x");
  CHECK(Fixture().file("environment = \"x\"\n[environments.y]\n").problem().substr(0, 21) ==
        "1:1: `environment` ch");
}

TEST_CASE("the higher one of url and embedded wins") {
  const std::string toml = "url = \"postgresql://file/d\"\n[environments.dev]\nembedded = true\n";
  Fixture f;
  f.file(toml);
  CHECK(f.settings().url == "postgresql://file/d");
  f.env({{"NODE_ENV", "dev"}});
  CHECK(f.settings().embedded == ".pgtide");
  CHECK(f.settings().url == "");
  CHECK(row(f.resolve(), "url").value == "");
  f.env({{"NODE_ENV", "dev"}, {"DATABASE_URL", "postgresql://env/d"}});
  CHECK(f.settings().url == "postgresql://env/d");
  CHECK(f.settings().embedded == std::nullopt);
  CHECK(f.resolve().notices.empty());
  f.flags({{"embedded", ""}});
  CHECK(f.settings().embedded == ".pgtide");
  CHECK(f.settings().url == "");
  f.flags({{"embedded", "false"}});
  CHECK(f.settings().url == "postgresql://env/d");
}

TEST_CASE("url and embedded in one place") {
  CHECK(Fixture().flags({{"url", "postgresql://h/d"}, {"embedded", ""}}).problem() ==
        "0:0: --url and --embedded both say which database to use | keep one of them");
  CHECK(Fixture().file("url = \"postgresql://h/d\"\nembedded = true\n").problem().substr(0, 5) ==
        "2:1: ");
  CHECK(Fixture()
            .env({{"PGTIDE_URL", "postgresql://h/d"}, {"PGTIDE_EMBEDDED", "1"}})
            .problems()
            .size() == 1);
  const auto resolved =
      Fixture().env({{"DATABASE_URL", "postgresql://h/d"}, {"PGTIDE_EMBEDDED", "1"}}).resolve();
  CHECK(resolved.settings.embedded == ".pgtide");
  CHECK(resolved.settings.url == "");
  CHECK(resolved.notices ==
        std::vector<std::string>{"DATABASE_URL is not used, because PGTIDE_EMBEDDED is set"});
}

TEST_CASE("a variable that overrules the url of the chosen environment is mentioned") {
  Fixture f;
  f.file("[environments.staging]\nurl = \"postgresql://staging/d\"\n");
  f.flags({{"env", "staging"}}).env({{"DATABASE_URL", "postgresql://u:s3cret@elsewhere/d"}});
  REQUIRE(f.resolve().notices.size() == 1);
  CHECK(f.resolve().notices[0] ==
        "DATABASE_URL is used, not the url of [environments.staging] (" + f.path() + ":2)");
  f.file("[environments.staging]\nurl = \"${DATABASE_URL}\"\n");
  CHECK(f.resolve().notices.empty());
}

TEST_CASE("a url takes its secrets from the environment") {
  Fixture f;
  f.file(
      "url = \"postgresql://app:${DB_PASSWORD}@${DB_HOST}/shop$\"\n"
      "[environments.other]\nurl = \"${OTHER}\"\n");
  f.env({{"DB_PASSWORD", "s3cret"}, {"DB_HOST", "db"}});
  CHECK(f.settings().url == "postgresql://app:s3cret@db/shop$");
  CHECK(row(f.resolve(), "url").value == "postgresql://app:***@db/shop$");
  f.env({{"DB_HOST", "db"}, {"DB_PASSWORD", ""}});
  CHECK(f.problem() ==
        "1:1: `url` needs DB_PASSWORD, which is not set | a variable is written ${NAME} and must "
        "be set where pgtide runs");
  f.flags({{"url", "postgresql://h/${d}"}});
  CHECK(f.settings().url == "postgresql://h/${d}");
  CHECK(Fixture().file("url = \"a${b\"").problem().find("without a closing }") !=
        std::string::npos);
  CHECK(Fixture().file("url = \"a${s3 cret}\"").problem().find("s3") == std::string::npos);
}

TEST_CASE("the effective url shows no password and no schema is lost") {
  auto resolved =
      Fixture().env({{"DATABASE_URL", "postgresql://u:s3cret@h/d?schema=app&pool=1"}}).resolve();
  CHECK(row(resolved, "url").value == "postgresql://u:***@h/d?schema=app");
  CHECK(row(resolved, "schema").value == "app");
  CHECK(row(resolved, "schema").origin == "the URL's ?schema=");
  CHECK(row(resolved, "search_path").value == "app");
  CHECK(resolved.settings.schema == "");
  resolved = Fixture().env({{"DATABASE_URL", "mysql://u:s3cret@h/d"}}).resolve();
  CHECK(row(resolved, "url").value == "(not a PostgreSQL URL)");
}
