#include "adapters/settings_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "adapters/settings_store.hpp"
#include "adapters/settings_values.hpp"
#include "core/name_list.hpp"
#include "core/wording.hpp"

namespace pgtide::adapters {
namespace {

using namespace store;

SettingSpec text_setting(SettingInfo info, Outcome (*store)(Settings&, const std::string&),
                         std::string (*show)(const Settings&),
                         EmptyText empty = EmptyText::refuse) {
  return {.info = std::move(info), .empty = empty, .store = store, .show = show, .hint = {}};
}

template <auto Member>
SettingSpec duration_setting(SettingInfo info, std::string (*show)(const Settings&)) {
  info.value = "DURATION";
  return {.info = std::move(info),
          .shape = ValueShape::duration,
          .store = store_duration<Member>,
          .show = show,
          .hint = "write it like 500ms, 2s, 5min or 1h; a number alone is milliseconds"};
}

std::vector<SettingSpec> connection_settings() {
  return {
      text_setting({"environment",
                    "--env",
                    {"PGTIDE_ENV", "NODE_ENV"},
                    "NAME",
                    "none",
                    "chooses the section [environments.NAME] of pgtide.toml; in production a "
                    "rollback asks first"},
                   store_text<&Settings::environment>, show_text<&Settings::environment>),
      text_setting({"url",
                    "--url",
                    {"PGTIDE_URL", "DATABASE_URL"},
                    "URL",
                    "none",
                    "the database to migrate: postgresql://user:password@host:5432/database"},
                   store_text<&Settings::url>, show_text<&Settings::url>),
      {.info = {"embedded",
                "--embedded",
                {"PGTIDE_EMBEDDED"},
                "[FOLDER]",
                "off",
                "use a private PostgreSQL in FOLDER (.pgtide when none is named) instead of a URL"},
       .shape = ValueShape::text_or_boolean,
       .store = store_embedded,
       .show = [](const Settings& s) { return s.embedded.value_or("off"); },
       .hint = "write true for the folder .pgtide, false, or a folder"},
      text_setting({"dir",
                    "--dir",
                    {"PGTIDE_DIR"},
                    "FOLDER",
                    "migrations",
                    "the folder that holds sql/ and rollback/"},
                   store_text<&Settings::dir>, show_text<&Settings::dir>),
  };
}

std::vector<SettingSpec> database_settings() {
  return {
      text_setting({"schema",
                    "--schema",
                    {"PGTIDE_SCHEMA"},
                    "NAME",
                    "the URL's ?schema=, else public",
                    "the schema that holds pgtide's own tables"},
                   store_name<&Settings::schema>, show_text<&Settings::schema>, EmptyText::reset),
      text_setting({"table",
                    "--table",
                    {"PGTIDE_TABLE"},
                    "NAME",
                    "migrations",
                    "the table that says what was applied; its log is NAME_log"},
                   store_table, show_text<&Settings::table>),
      {.info = {"search_path",
                "--search-path",
                {"PGTIDE_SEARCH_PATH"},
                "SCHEMAS",
                "the URL's ?schema=, else the server's",
                "schemas in which scripts find and create tables, separated by commas"},
       .empty = EmptyText::reset,
       .store = store_search_path,
       .show = show_text<&Settings::search_path>,
       .hint = search_path_hint},
      text_setting({"role",
                    "--role",
                    {"PGTIDE_ROLE"},
                    "NAME",
                    "the user who logs in",
                    "scripts run as this role, so that it owns what they create"},
                   store_name<&Settings::role>, show_text<&Settings::role>, EmptyText::reset),
  };
}

std::vector<SettingSpec> time_settings() {
  return {
      duration_setting<&Settings::lock_timeout>(
          {"lock_timeout",
           "--lock-timeout",
           {"PGTIDE_LOCK_TIMEOUT"},
           {},
           "the session's own, else 5s",
           "a statement that waits longer than this for a table's lock fails; 0: no limit"},
          show_limit<&Settings::lock_timeout, 5000>),
      {.info = {"lock_retries",
                "--lock-retries",
                {"PGTIDE_LOCK_RETRIES"},
                "COUNT",
                "10",
                "how often a migration is tried again that got no lock within lock_timeout, or "
                "ended in a deadlock or a conflict with another transaction"},
       .shape = ValueShape::number,
       .store = store_count<&Settings::lock_retries>,
       .show = show_count<&Settings::lock_retries>,
       .hint = "write a number from 0 to 1000"},
      duration_setting<&Settings::dry_run_lock_timeout>(
          {"dry_run_lock_timeout",
           "--dry-run-lock-timeout",
           {"PGTIDE_DRY_RUN_LOCK_TIMEOUT"},
           {},
           "lock_timeout, but at most 2s",
           "like lock_timeout, in a dry run, which must not hold anybody up; 0: no limit"},
          show_dry_run_lock_timeout),
      duration_setting<&Settings::statement_timeout>(
          {"statement_timeout",
           "--statement-timeout",
           {"PGTIDE_STATEMENT_TIMEOUT"},
           {},
           "the session's own, else 0",
           "a statement that runs longer than this fails; 0: no limit"},
          show_limit<&Settings::statement_timeout, 0>),
      duration_setting<&Settings::timeout>(
          {"timeout",
           "--timeout",
           {"PGTIDE_TIMEOUT"},
           {},
           "0",
           "the whole run is stopped after this, as by a signal; 0: no limit"},
          show_span<&Settings::timeout>),
      duration_setting<&Settings::lock_wait>(
          {"lock_wait",
           "--lock-wait",
           {"PGTIDE_LOCK_WAIT"},
           {},
           "1min",
           "how long to wait for another run that migrates the same database; 0: do not wait"},
          show_span<&Settings::lock_wait>),
      duration_setting<&Settings::connect_timeout>(
          {"connect_timeout",
           "--connect-timeout",
           {"PGTIDE_CONNECT_TIMEOUT"},
           {},
           "10s",
           "how long to wait for a server that is not ready yet, and for its first answer; 0: as "
           "long as the system does"},
          show_limit<&Settings::connect_timeout, 10000>),
  };
}

std::vector<SettingSpec> behaviour_settings() {
  return {
      text_setting({"format",
                    "--format",
                    {"PGTIDE_FORMAT"},
                    "text|json",
                    "text",
                    "what is printed on stdout: text for people or one JSON document"},
                   store_format<&Settings::format>, show_format<&Settings::format>),
      text_setting({"log_format",
                    "--log-format",
                    {"PGTIDE_LOG_FORMAT"},
                    "text|json",
                    "text",
                    "what is written to stderr: text for people or one JSON object a line"},
                   store_format<&Settings::log_format>, show_format<&Settings::log_format>),
      text_setting({"pg_bin",
                    "--pg-bin",
                    {"PGTIDE_PG_BIN"},
                    "FOLDER",
                    "looked for",
                    "the folder with initdb and postgres, for --embedded"},
                   store_text<&Settings::pg_bin>, show_text<&Settings::pg_bin>, EmptyText::reset),
      {.info = {"yes",
                "--yes",
                {"PGTIDE_YES", "npm_config_yes"},
                {},
                "false",
                "do not ask before something that is hard to take back"},
       .shape = ValueShape::boolean,
       .store = store_yes,
       .show = [](const Settings& s) -> std::string { return s.assume_yes ? "true" : "false"; },
       .hint = "write true or false"},
  };
}

std::vector<SettingSpec> proof_settings() {
  return {
      text_setting({"verify.allow",
                    "--verify-allow",
                    {"PGTIDE_VERIFY_ALLOW"},
                    "CLASSES",
                    "none",
                    "differences that `verify` does not mind, separated by commas: column-order, "
                    "ownership, server"},
                   store_verify_allow, show_verify_allow, EmptyText::reset),
      text_setting(
          {"verify.proofs",
           "--proofs",
           {"PGTIDE_VERIFY_PROOFS"},
           "FILE",
           "proofs.json in the folder of migrations",
           "where `verify --record` notes what it proved, for rules.require_proof"},
          store::store_text<&Settings::proofs>,
          [](const Settings& s) {
            return s.proofs.empty() ? joined_path(s.dir, "proofs.json") : s.proofs;
          },
          EmptyText::reset),
  };
}

std::vector<SettingSpec> all_settings() {
  std::vector<SettingSpec> all;
  for (auto* part : {connection_settings, database_settings, time_settings, behaviour_settings,
                     policy_settings, proof_settings, operations_settings}) {
    auto rows = part();
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

const std::vector<SettingSpec>& setting_specs() {
  static const std::vector<SettingSpec> specs = all_settings();
  return specs;
}

const SettingSpec* find_spec(std::string_view key) {
  const auto& specs = setting_specs();
  const auto it = std::find_if(specs.begin(), specs.end(),
                               [&](const SettingSpec& spec) { return spec.info.key == key; });
  return it == specs.end() ? nullptr : &*it;
}

}  // namespace pgtide::adapters
