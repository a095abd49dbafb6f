// The effective settings of a run, and where each came from.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/plan.hpp"

namespace pgtide {

enum class OutputFormat { text, json };

struct Settings {
  std::string environment;  // `production`, `staging`, …; empty when none is chosen
  std::string url;          // URL or key=value string with its password; empty when none was given
  std::optional<std::string> embedded;  // folder of the private server; set when it is to be used
  std::string dir = "migrations";
  std::string schema;  // of the ledger; empty: the URL's `schema`, else `public`
  std::string table = "migrations";
  std::string search_path;  // for scripts; empty: the URL's `schema`, else the server's default
  std::string role;         // scripts run as this role; empty: the login role
  std::chrono::milliseconds lock_timeout{5000};  // 0: none
  std::optional<std::chrono::milliseconds>
      dry_run_lock_timeout;                        // unset: the smaller of lock_timeout and 2s
  std::chrono::milliseconds statement_timeout{0};  // 0: none
  std::chrono::milliseconds lock_wait{60000};  // how long to wait for another runner; 0: not at all
  std::chrono::milliseconds connect_timeout{10000};
  OutputFormat format = OutputFormat::text;
  OutputFormat log_format = OutputFormat::text;
  std::string
      pg_bin;  // folder of the PostgreSQL binaries for the embedded server; empty: look for them
  bool assume_yes = false;
  PlanPolicy policy;

  bool production() const { return environment == "production" || environment == "prod"; }
};

enum class SettingSource { flag, environment_variable, environment_section, file, fallback };

// One row of `pgtide config`.
struct EffectiveSetting {
  std::string key;    // as in pgtide.toml, e.g. `policy.database_ahead`
  std::string value;  // printable: passwords are already replaced
  SettingSource source = SettingSource::fallback;
  std::string origin;  // `--url`, `DATABASE_URL`, `pgtide.toml:3`, `default`
};

struct SettingsInput {
  std::map<std::string, std::string> flags;  // by setting key; only those that were given
  std::function<std::optional<std::string>(const std::string&)> getenv;
  std::optional<std::string> config_path;  // `--config`: must exist. Unset: PGTIDE_CONFIG, else
                                           // ./pgtide.toml if it is there
};

struct ResolvedSettings {
  Settings settings;
  std::vector<EffectiveSetting> effective;  // every setting, in the order of the documentation
  std::string config_file;                  // empty when none was read
  std::vector<std::string> notices;
};

// What there is to say about one setting. The flags, `pgtide config` and docs/configuration.md all
// come from this list.
struct SettingInfo {
  std::string key;                     // as in pgtide.toml
  std::string flag;                    // `--lock-timeout`
  std::vector<std::string> variables;  // environment variables, the first one that is set counts
  std::string value;                   // `URL`, `DURATION`, `text|json`; empty: a switch
  std::string fallback;                // the default in words
  std::string description;             // one line
};

// Every setting, in the order of the documentation.
const std::vector<SettingInfo>& setting_table();

// Precedence: flag, environment variable, [environments.<name>], file, default. The higher one of
// `url` and `embedded` wins; both in one place is an error, except that PGTIDE_EMBEDDED overrules
// DATABASE_URL. The URL is not taken apart here: a command that needs no database must not fail for
// another program's DATABASE_URL; see parse_connection. `flags` has one entry for each flag that
// was given: for a switch (`--yes`, `--embedded`, `--allow-out-of-order`) without a value the empty
// string. Throws
// Error(config) with every problem of the file and of the variables at once: unknown keys with line
// and nearest known key, values of the wrong type or range.
ResolvedSettings resolve_settings(const SettingsInput& input);

}  // namespace pgtide
