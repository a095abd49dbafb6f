#include "adapters/settings_resolver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/session_options.hpp"
#include "adapters/settings_values.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/nearest.hpp"
#include "pgtide/sql/directive.hpp"

namespace pgtide::adapters {
namespace {

constexpr std::string_view generic_url_variable = "DATABASE_URL";

// Smaller is stronger.
int rank(const Found& found) {
  return static_cast<int>(found.source);
}

bool is_switch(const SettingSpec& spec) {
  return spec.info.value.empty() || spec.info.value[0] == '[';
}

std::string shown_url(const std::string& url) {
  if (url.empty()) return {};
  try {
    return parse_connection(url).shown;
  } catch (const Error&) {
    return "(not a PostgreSQL URL)";
  }
}

// Prisma's `?schema=` of the URL, which stands in for settings that are not given.
std::string url_schema(const std::string& url) {
  if (url.empty()) return {};
  try {
    return parse_connection(url).schema;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

ResolvedSettings SettingsResolver::resolve() {
  std::map<std::string, Found> found;
  const SettingSpec& environment = *find_spec(environment_key);
  if (auto name = find(environment)) {
    choose_environment(*name);
    found.emplace(environment_key, std::move(*name));
  }
  for (const auto& spec : setting_specs()) {
    if (spec.info.key == environment_key) continue;
    if (auto value = find(spec)) found.emplace(spec.info.key, std::move(*value));
  }
  choose_database(found);
  for (const auto& spec : setting_specs()) {
    if (auto it = found.find(spec.info.key); it != found.end()) store(spec, it->second);
  }
  for (const auto& spec : setting_specs()) {
    const auto it = found.find(spec.info.key);
    resolved_.effective.push_back(
        effective(spec, it == found.end() ? std::nullopt : std::optional(it->second)));
  }
  return std::move(resolved_);
}

std::optional<Found> SettingsResolver::find(const SettingSpec& spec) const {
  if (auto flag = find_flag(spec)) return flag;
  if (auto variable = find_variable(spec)) return variable;
  if (const std::string& section = resolved_.settings.environment; !section.empty()) {
    if (auto value = find_in_file(spec, section)) return value;
  }
  return find_in_file(spec, {});
}

std::optional<Found> SettingsResolver::find_flag(const SettingSpec& spec) const {
  auto it = flags_.find(spec.info.key);
  if (it == flags_.end() && spec.info.key == environment_key) it = flags_.find("env");
  if (it == flags_.end()) return std::nullopt;
  return Found{it->second, SettingSource::flag, spec.info.flag, {}};
}

std::optional<Found> SettingsResolver::find_variable(const SettingSpec& spec) const {
  for (const auto& name : spec.info.variables) {
    // `npx --yes pgtide` only means that npx may install pgtide.
    if (name == "npm_config_yes" && getenv_("npm_command").value_or("") == "exec") continue;
    auto value = getenv_(name);
    if (value && !value->empty()) {
      return Found{std::move(*value), SettingSource::environment_variable, name, {}};
    }
  }
  return std::nullopt;
}

std::optional<Found> SettingsResolver::find_in_file(const SettingSpec& spec,
                                                    const std::string& section) const {
  const auto it = std::find_if(file_.values.begin(), file_.values.end(), [&](const FileValue& v) {
    return v.key == spec.info.key && v.section == section;
  });
  if (it == file_.values.end()) return std::nullopt;
  const auto source = section.empty() ? SettingSource::file : SettingSource::environment_section;
  return Found{it->text, source, fmt::format("{}:{}", file_.path, it->at.line), it->at};
}

void SettingsResolver::choose_environment(const Found& found) {
  resolved_.settings.environment = found.text;
  const auto& known = file_.environments;
  // NODE_ENV is set for other programs, so it may name an environment that pgtide.toml lacks.
  if (found.origin == "NODE_ENV" || found.text.empty() || known.empty()) return;
  if (std::find(known.begin(), known.end(), found.text) != known.end()) return;
  const std::string near = nearest(found.text, known);
  add_problem(found.at,
              fmt::format("{} chooses the environment `{}`, but {} has no section "
                          "[environments.{}]",
                          found.at.line ? "`environment`" : found.origin, found.text, file_.path,
                          found.text),
              near.empty() ? fmt::format("the file has {}; an empty section is enough",
                                         fmt::join(known, ", "))
                           : fmt::format("did you mean `{}`?", near));
}

void SettingsResolver::choose_database(std::map<std::string, Found>& found) {
  const auto url = found.find("url");
  const auto embedded = found.find("embedded");
  if (url != found.end()) note_overruled_url(url->second);
  if (url == found.end() || embedded == found.end()) return;
  if (parse_switch(embedded->second.text) == false) return;
  if (rank(url->second) < rank(embedded->second)) {
    found.erase(embedded);
  } else if (rank(embedded->second) < rank(url->second)) {
    found.erase(url);
  } else if (url->second.origin == generic_url_variable) {
    resolved_.notices.push_back(fmt::format("{} is not used, because {} is set",
                                            generic_url_variable, embedded->second.origin));
    found.erase(url);
  } else {
    add_problem(embedded->second.at,
                fmt::format("{} and {} both say which database to use", url->second.origin,
                            embedded->second.origin),
                "keep one of them");
  }
}

// Whoever writes a URL for an environment and chooses that environment expects it to be used.
void SettingsResolver::note_overruled_url(const Found& url) {
  const std::string& section = resolved_.settings.environment;
  if (url.source != SettingSource::environment_variable || section.empty()) return;
  const auto other = find_in_file(*find_spec("url"), section);
  if (!other) return;
  const Expanded expanded = expand_variables(other->text, getenv_);
  if (expanded.problem.empty() && expanded.text == url.text) return;
  resolved_.notices.push_back(fmt::format("{} is used, not the url of [environments.{}] ({})",
                                          url.origin, section, other->origin));
}

void SettingsResolver::store(const SettingSpec& spec, Found& found) {
  const bool from_file = found.at.line > 0;
  if (!from_file && found.text.empty() && !is_switch(spec)) {
    add_problem({}, fmt::format("{} is empty", found.origin),
                "leave the flag out for the default; was a shell variable not set?");
    return;
  }
  if (spec.info.key == "url") expand_url(found);
  if (const auto wrong = spec.store(resolved_.settings, found.text)) {
    add_problem(found.at, fmt::format("{} {}", found.origin, *wrong), spec.hint);
  }
}

void SettingsResolver::expand_url(Found& url) {
  if (url.at.line == 0) return;
  Expanded expanded = expand_variables(url.text, getenv_);
  if (!expanded.problem.empty()) {
    add_problem(url.at, fmt::format("`url` {}", expanded.problem),
                "a variable is written ${NAME} and must be set where pgtide runs");
    return;
  }
  url.text = std::move(expanded.text);
}

EffectiveSetting SettingsResolver::effective(const SettingSpec& spec,
                                             const std::optional<Found>& found) const {
  const std::string& key = spec.info.key;
  EffectiveSetting row{key, spec.show(resolved_.settings), SettingSource::fallback, "default"};
  if (found) {
    row.source = found->source;
    row.origin = found->origin;
  }
  if (key == "url") row.value = shown_url(row.value);
  const bool from_url = key == "schema" || key == "search_path";
  if (from_url && row.value.empty() && !resolved_.settings.embedded) {
    row.value = url_schema(resolved_.settings.url);
    if (!row.value.empty()) row.origin = "the URL's ?schema=";
  }
  if (key == "schema" && row.value.empty()) row.value = "public";
  if (!found && (key == "lock_timeout" || key == "statement_timeout")) take_from_session(row);
  return row;
}

// What is not set for pgtide is as the session begins, as far as that is known without a server.
void SettingsResolver::take_from_session(EffectiveSetting& row) const {
  const bool has_url = !resolved_.settings.embedded;
  std::string options = has_url ? options_of_url(resolved_.settings.url) : std::string();
  const bool of_url = !options.empty();
  if (!of_url) options = getenv_("PGOPTIONS").value_or("");
  const auto text = session_option(options, row.key);
  if (!text) return;
  const auto value = sql::parse_duration(*text);
  row.value = value ? show_duration(*value) : *text;
  row.origin = of_url ? "the URL's options" : "PGOPTIONS";
}

void SettingsResolver::add_problem(const ScriptPosition& at, std::string message,
                                   std::string hint) {
  problems_.push_back({at, std::move(message), std::move(hint), {}});
}

}  // namespace pgtide::adapters
