#include <fmt/format.h>

#include <charconv>

#include "adapters/settings_store.hpp"
#include "adapters/settings_table.hpp"
#include "adapters/settings_values.hpp"

namespace pgtide::adapters {
namespace {

using store::Outcome;

Outcome not_a_switch(const std::string& text) {
  return fmt::format("is neither true nor false: `{}`", text);
}

std::string show_switch(bool on) {
  return on ? "true" : "false";
}

std::string show_permission(Permission permission) {
  return permission == Permission::allow ? "allow" : "refuse";
}

template <auto Group, auto Member>
Outcome store_switch(Settings& settings, const std::string& text) {
  const auto on = text.empty() ? true : parse_switch(text);
  if (!on) return not_a_switch(text);
  settings.*Group.*Member = *on;
  return std::nullopt;
}

template <auto Group, auto Member>
Outcome store_text_of(Settings& settings, const std::string& text) {
  settings.*Group.*Member = text;
  return std::nullopt;
}

template <auto Group, auto Member>
std::string show_text_of(const Settings& settings) {
  return settings.*Group.*Member;
}

// A flag alone allows.
template <auto Member>
Outcome store_permission(Settings& settings, const std::string& text) {
  const auto on = text.empty() ? true : parse_switch(text);
  if (text != "allow" && text != "refuse" && !on) {
    return fmt::format("is neither `refuse` nor `allow`: `{}`", text);
  }
  const bool allowed = text == "allow" || on == true;
  settings.rules.*Member = allowed ? Permission::allow : Permission::refuse;
  return std::nullopt;
}

template <auto Member>
Outcome store_count(Settings& settings, const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count > 10'000) {
    return fmt::format("is not a number from 0 to 10000: `{}`", text);
  }
  settings.backup.keep.*Member = count;
  return std::nullopt;
}

template <auto Member>
std::string show_count(const Settings& settings) {
  return std::to_string(settings.backup.keep.*Member);
}

template <auto Member>
Outcome store_program(Settings& settings, const std::string& text) {
  std::vector<std::string>& words = settings.hooks.*Member;
  words.clear();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (words.front().empty()) return "names no program";
  return std::nullopt;
}

template <auto Member>
std::string show_program(const Settings& settings) {
  return fmt::format("{}", fmt::join(settings.hooks.*Member, " "));
}

template <auto Member>
Outcome store_hook_time(Settings& settings, const std::string& text) {
  const auto value = sql::parse_duration(text);
  if (!value || value->count() == 0) return fmt::format("is not a duration above 0: `{}`", text);
  settings.hooks.*Member = *value;
  return std::nullopt;
}

template <auto Member>
std::string show_hook_time(const Settings& settings) {
  return show_duration(settings.hooks.*Member);
}

Outcome store_confirm(Settings& settings, const std::string& text) {
  const auto on = parse_switch(text);
  if (!on) return not_a_switch(text);
  settings.rules.confirm = *on;
  return std::nullopt;
}

// The flag takes back what the file requires.
Outcome store_require_proof(Settings& settings, const std::string& text) {
  const auto on = text.empty() ? false : parse_switch(text);
  if (!on) return not_a_switch(text);
  settings.rules.require_proof = *on;
  return std::nullopt;
}

// The flag is for when no backup can be made: then it must not be tried either.
Outcome store_require_backup(Settings& settings, const std::string& text) {
  if (text.empty()) settings.backup.enabled = false;
  const auto on = text.empty() ? false : parse_switch(text);
  if (!on) return not_a_switch(text);
  settings.rules.require_backup = *on;
  return std::nullopt;
}

constexpr const char* switch_hint = "write true or false";

std::vector<SettingSpec> backup_settings() {
  return {
      {.info = {"backup.enabled",
                "--backup",
                {"PGTIDE_BACKUP"},
                {},
                "false",
                "back the database up before `up` and `down`; without a backup they do not start"},
       .shape = ValueShape::boolean,
       .store = store_switch<&Settings::backup, &BackupSettings::enabled>,
       .show = [](const Settings& s) { return show_switch(s.backup.enabled); },
       .hint = switch_hint},
      {.info = {"backup.directory",
                "--backup-dir",
                {"PGTIDE_BACKUP_DIR"},
                "FOLDER",
                "backups",
                "where backups are kept"},
       .store = store_text_of<&Settings::backup, &BackupSettings::directory>,
       .show = show_text_of<&Settings::backup, &BackupSettings::directory>,
       .hint = {}},
      {.info = {"backup.keep_days",
                "",
                {"PGTIDE_BACKUP_KEEP_DAYS"},
                "N",
                "7",
                "the newest backup of each of the last N days that have one is kept"},
       .shape = ValueShape::number,
       .store = store_count<&Retention::days>,
       .show = show_count<&Retention::days>,
       .hint = {}},
      {.info =
           {"backup.keep_weeks", "", {"PGTIDE_BACKUP_KEEP_WEEKS"}, "N", "4", "the same for weeks"},
       .shape = ValueShape::number,
       .store = store_count<&Retention::weeks>,
       .show = show_count<&Retention::weeks>,
       .hint = {}},
      {.info = {"backup.keep_months",
                "",
                {"PGTIDE_BACKUP_KEEP_MONTHS"},
                "N",
                "6",
                "the same for months; 0 days, weeks and months: every backup is kept"},
       .shape = ValueShape::number,
       .store = store_count<&Retention::months>,
       .show = show_count<&Retention::months>,
       .hint = {}},
  };
}

std::vector<SettingSpec> rule_settings() {
  return {
      {.info = {"rules.confirm",
                "",
                {},
                "true|false",
                "true in production, else false",
                "`up` asks first when there is a terminal; `down` always does"},
       .shape = ValueShape::boolean,
       .store = store_confirm,
       .show = [](const Settings& s) { return show_switch(s.confirms_up()); },
       .hint = switch_hint},
      {.info = {"rules.down_to_zero",
                "--allow-down-to-zero",
                {},
                {},
                "refuse in production, else allow",
                "whether `down 0` may roll back everything"},
       .store = store_permission<&RuleSettings::down_to_zero>,
       .show = [](const Settings& s) { return show_permission(s.down_to_zero()); },
       .hint = "write refuse or allow"},
      {.info =
           {"rules.data_loss",
            "--allow-data-loss",
            {},
            {},
            "refuse in production, else allow",
            "whether `up` runs statements that drop or empty what was there, without `-- pgtide: "
            "allow data-loss` before them"},
       .store = store_permission<&RuleSettings::data_loss>,
       .show = [](const Settings& s) { return show_permission(s.data_loss()); },
       .hint = "write refuse or allow"},
      {.info = {"rules.forbid_out_of_order",
                "",
                {},
                "true|false",
                "false",
                "refuse --allow-out-of-order, too"},
       .shape = ValueShape::boolean,
       .store = store_switch<&Settings::rules, &RuleSettings::forbid_out_of_order>,
       .show = [](const Settings& s) { return show_switch(s.rules.forbid_out_of_order); },
       .hint = switch_hint},
      {.info = {"rules.require_backup",
                "--allow-no-backup",
                {},
                {},
                "false",
                "run `up` and `down` without a backup, also where one is required or configured"},
       .shape = ValueShape::boolean,
       .store = store_require_backup,
       .show = [](const Settings& s) { return show_switch(s.rules.require_backup); },
       .hint = switch_hint},
      {.info = {"rules.require_proof",
                "--allow-unproved",
                {},
                {},
                "false",
                "whether `up` and `down` run only pairs that `verify --record` proved as they are"},
       .shape = ValueShape::boolean,
       .store = store_require_proof,
       .show = [](const Settings& s) { return show_switch(s.rules.require_proof); },
       .hint = switch_hint},
  };
}

template <auto Member>
SettingSpec hook(const char* key, const char* description) {
  return {.info = {key, "", {}, "[\"PROGRAM\", \"ARGUMENT\"]", "none", description},
          .shape = ValueShape::list,
          .store = store_program<Member>,
          .show = show_program<Member>,
          .hint = "write it as a list: [\"/usr/local/bin/notify\", \"--channel\", \"ops\"]"};
}

std::vector<SettingSpec> outside_settings() {
  return {
      {.info = {"metrics",
                "--metrics",
                {"PGTIDE_METRICS"},
                "FILE",
                "none",
                "write what a run did to FILE, for Prometheus"},
       .store = store::store_text<&Settings::metrics>,
       .show = store::show_text<&Settings::metrics>,
       .hint = {}},
      hook<&HookSettings::before>("hooks.before",
                                  "runs before anything happens; its failure stops the run"),
      hook<&HookSettings::after>("hooks.after", "runs after every run, also a failed one"),
      hook<&HookSettings::on_failure>("hooks.on_failure", "runs when a run failed"),
      hook<&HookSettings::on_slow>("hooks.on_slow",
                                   "runs once a migration takes longer than hooks.slow_after"),
      {.info = {"hooks.timeout", "", {}, "DURATION", "30s", "a hook that takes longer is ended"},
       .shape = ValueShape::duration,
       .store = store_hook_time<&HookSettings::timeout>,
       .show = show_hook_time<&HookSettings::timeout>,
       .hint = "write it like 30s or 1min"},
      {.info = {"hooks.slow_after", "", {}, "DURATION", "1min", "when hooks.on_slow runs"},
       .shape = ValueShape::duration,
       .store = store_hook_time<&HookSettings::slow_after>,
       .show = show_hook_time<&HookSettings::slow_after>,
       .hint = "write it like 30s or 1min"},
      {.info = {"telemetry.endpoint",
                "",
                {"OTEL_EXPORTER_OTLP_ENDPOINT"},
                "URL",
                "none",
                "an OpenTelemetry collector that takes traces as OTLP over HTTP"},
       .empty = EmptyText::reset,
       .store = store_text_of<&Settings::telemetry, &TelemetrySettings::endpoint>,
       .show = show_text_of<&Settings::telemetry, &TelemetrySettings::endpoint>,
       .hint = {}},
      {.info = {"telemetry.service_name",
                "",
                {"OTEL_SERVICE_NAME"},
                "NAME",
                "pgtide",
                "the service's name in traces"},
       .store = store_text_of<&Settings::telemetry, &TelemetrySettings::service_name>,
       .show = show_text_of<&Settings::telemetry, &TelemetrySettings::service_name>,
       .hint = {}},
  };
}

}  // namespace

std::vector<SettingSpec> operations_settings() {
  std::vector<SettingSpec> all;
  for (auto* part : {backup_settings, rule_settings, outside_settings}) {
    auto rows = part();
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace pgtide::adapters
