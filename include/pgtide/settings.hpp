// Where settings come from.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/effective_settings.hpp"

namespace pgtide {

struct SettingsInput {
  std::map<std::string, std::string> flags;  // by setting key; only those that were given
  std::function<std::optional<std::string>(const std::string&)> getenv;
  std::optional<std::string> config_path;  // `--config`: must exist. Unset: PGTIDE_CONFIG, else
                                           // ./pgtide.toml if it is there
};

// What there is to say about one setting. The flags, `pgtide config` and docs/configuration.md all
// come from this list.
struct SettingInfo {
  std::string key;                     // as in pgtide.toml
  std::string flag;                    // `--lock-timeout`; empty: the file or a variable only
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
