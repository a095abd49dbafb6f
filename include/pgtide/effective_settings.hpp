// The effective settings of a run, and where each came from.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/operations_settings.hpp"
#include "pgtide/plan.hpp"

namespace pgtide {

enum class OutputFormat { text, json };

// Differences that verify does not mind.
struct VerifyPolicy {
  bool column_order = false;  // nothing but the columns' order
  bool server = false;        // what belongs to the whole server: roles, databases
  bool ownership = false;     // owners and grants
};

// What `up` does when the schema is not what the last run left, and whether runs record it at all.
enum class DriftPolicy { off, warn, error };

// What a dry run makes of what the safety rules say.
enum class FindingsPolicy {
  off,   // they are not asked
  warn,  // shown
  error  // shown, and the exit code says that there are some
};

// What a dry run makes of scripts that only a real run can try.
enum class NotSimulable { warn, error };

struct Settings {
  std::string environment;  // `production`, `staging`, …; empty when none is chosen
  std::string url;          // URL or key=value string with its password; empty when none was given
  std::optional<std::string> embedded;  // folder of the private server; set when it is to be used
  std::string dir = "migrations";
  std::string schema;  // of the ledger; empty: the URL's `schema`, else `public`
  std::string table = "migrations";
  std::string search_path;  // for scripts; empty: the URL's `schema`, else the server's default
  std::string role;         // scripts run as this role; empty: the login role
  // Of a script's statements; 0: none. Unset: what the session begins with (the URL's options,
  // PGOPTIONS, the role, the database, the server), and where that is none: 5 s for locks.
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::chrono::milliseconds> statement_timeout;
  std::optional<std::chrono::milliseconds>
      dry_run_lock_timeout;  // unset: the smaller of lock_timeout and 2s
  std::size_t lock_retries = 10;
  std::chrono::milliseconds timeout{0};        // of the whole run; 0: none
  std::chrono::milliseconds lock_wait{60000};  // how long to wait for another runner; 0: not at all
  // For a connection and its first answer; 0: none. Where it is set, a server that does not listen
  // yet is waited for; unset: 10 s, and only a server that says that it is starting is waited for.
  std::optional<std::chrono::milliseconds> connect_timeout;
  OutputFormat format = OutputFormat::text;
  OutputFormat log_format = OutputFormat::text;
  std::string
      pg_bin;  // folder of the PostgreSQL binaries for the embedded server; empty: look for them
  bool assume_yes = false;
  PlanPolicy policy;
  DriftPolicy drift = DriftPolicy::warn;
  VerifyPolicy verify_allow;
  std::string proofs;  // file of what `verify` proved; empty: proofs.json in `dir`
  BackupSettings backup;
  RuleSettings rules;
  std::string metrics;  // file for Prometheus; empty: none
  HookSettings hooks;
  TelemetrySettings telemetry;
  FindingsPolicy findings = FindingsPolicy::warn;
  NotSimulable not_simulable = NotSimulable::error;
  // Whether `up` begins in a database that has tables, and no ledger that says where from.
  Permission existing_tables = Permission::refuse;

  // However it is written: `Production` must not be less careful.
  bool production() const {
    std::string name = environment;
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name == "production" || name == "prod";
  }
  bool confirms_up() const { return rules.confirm.value_or(production()); }
  Permission down_to_zero() const { return rules.down_to_zero.value_or(usual()); }
  Permission data_loss() const { return rules.data_loss.value_or(usual()); }

 private:
  Permission usual() const { return production() ? Permission::refuse : Permission::allow; }
};

enum class SettingSource { flag, environment_variable, environment_section, file, fallback };

// One row of `pgtide config`.
struct EffectiveSetting {
  std::string key;    // as in pgtide.toml, e.g. `policy.database_ahead`
  std::string value;  // printable: passwords are already replaced
  SettingSource source = SettingSource::fallback;
  std::string origin;  // `--url`, `DATABASE_URL`, `pgtide.toml:3`, `default`
};

struct ResolvedSettings {
  Settings settings;
  std::vector<EffectiveSetting> effective;  // every setting, in the order of the documentation
  std::string config_file;                  // empty when none was read
  std::vector<std::string> notices;
};

}  // namespace pgtide
