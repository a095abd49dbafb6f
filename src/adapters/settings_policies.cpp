// What pgtide does where opinions differ.
#include <fmt/format.h>

#include <utility>

#include "adapters/settings_store.hpp"
#include "adapters/settings_table.hpp"

namespace pgtide::adapters {
namespace {

using namespace store;

SettingSpec policy(SettingInfo info, Outcome (*store)(Settings&, const std::string&),
                   std::string (*show)(const Settings&)) {
  return {.info = std::move(info), .store = store, .show = show, .hint = {}};
}

Outcome store_not_simulable(Settings& settings, const std::string& text) {
  if (text != "warn" && text != "error") {
    return fmt::format("is neither `warn` nor `error`: `{}`", text);
  }
  settings.not_simulable = text == "warn" ? NotSimulable::warn : NotSimulable::error;
  return std::nullopt;
}

// The flag alone allows.
Outcome store_existing_tables(Settings& settings, const std::string& text) {
  if (!text.empty() && text != "allow" && text != "refuse") {
    return fmt::format("is neither `refuse` nor `allow`: `{}`", text);
  }
  settings.existing_tables = text == "refuse" ? Permission::refuse : Permission::allow;
  return std::nullopt;
}

}  // namespace

std::vector<SettingSpec> policy_settings() {
  return {
      policy({"policy.database_ahead",
              "--database-ahead",
              {"PGTIDE_POLICY_DATABASE_AHEAD"},
              "warn|error",
              "warn",
              "what `up` does when the database has versions that the folder lacks"},
             store_database_ahead,
             [](const Settings& s) -> std::string {
               return s.policy.database_ahead == DatabaseAhead::warn ? "warn" : "error";
             }),
      policy({"policy.findings",
              "--findings",
              {"PGTIDE_POLICY_FINDINGS"},
              "off|warn|error",
              "warn",
              "what a dry run makes of statements that hold others up or lose data: error "
              "makes the exit code 1"},
             store_findings, show_findings),
      policy({"policy.out_of_order",
              "--allow-out-of-order",
              {"PGTIDE_POLICY_OUT_OF_ORDER"},
              {},
              "refuse",
              "whether `up` applies a pending version below an applied one: refuse or allow"},
             store_out_of_order,
             [](const Settings& s) -> std::string {
               return s.policy.out_of_order == OutOfOrder::refuse ? "refuse" : "allow";
             }),
      policy({"policy.drift",
              "--drift",
              {"PGTIDE_POLICY_DRIFT"},
              "warn|error|off",
              "warn",
              "what `up` does when the schema is not what the last run left; off: runs do not "
              "record it"},
             store_drift, show_drift),
      policy({"policy.not_simulable",
              "--not-simulable",
              {"PGTIDE_POLICY_NOT_SIMULABLE"},
              "warn|error",
              "error",
              "what a dry run makes of scripts that only a real run can try: error makes the exit "
              "code 5, warn only names them"},
             store_not_simulable,
             [](const Settings& s) -> std::string {
               return s.not_simulable == NotSimulable::warn ? "warn" : "error";
             }),
      policy({"policy.existing_tables",
              "--allow-existing-tables",
              {"PGTIDE_POLICY_EXISTING_TABLES"},
              {},
              "refuse",
              "whether the first `up` begins over the tables of another migration tool: refuse "
              "(other tables are only mentioned) or allow"},
             store_existing_tables,
             [](const Settings& s) -> std::string {
               return s.existing_tables == Permission::allow ? "allow" : "refuse";
             }),
  };
}

}  // namespace pgtide::adapters
