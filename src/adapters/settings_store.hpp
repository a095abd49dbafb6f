// How each setting is checked and stored, and how it is shown.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <string>

#include "adapters/settings_values.hpp"
#include "core/name_list.hpp"
#include "pgtide/settings.hpp"
#include "pgtide/sql/directive.hpp"

namespace pgtide::adapters::store {

using Outcome = std::optional<std::string>;
using std::chrono::milliseconds;

// PostgreSQL cuts longer names off; the name of the table is continued by `_health`.
inline constexpr std::size_t max_name_bytes = 63;
inline constexpr std::size_t max_table_bytes = max_name_bytes - 7;
inline constexpr const char* default_folder = ".pgtide";

template <auto Member>
Outcome store_text(Settings& settings, const std::string& text) {
  settings.*Member = text;
  return std::nullopt;
}

template <auto Member>
Outcome store_name(Settings& settings, const std::string& text) {
  if (std::string problem = name_problem(text, max_name_bytes); !problem.empty()) return problem;
  settings.*Member = text;
  return std::nullopt;
}

inline Outcome store_search_path(Settings& settings, const std::string& text) {
  const auto names = names_in_list(text);
  if (!text.empty() && !names) return fmt::format("is not a list of names: `{}`", text);
  settings.search_path = text;
  if (text.empty()) return std::nullopt;
  for (const std::string& name : *names) {
    if (std::string problem = name_problem(name, max_name_bytes); !problem.empty()) return problem;
  }
  return std::nullopt;
}

template <auto Member>
std::string show_text(const Settings& settings) {
  return settings.*Member;
}

inline Outcome store_table(Settings& settings, const std::string& text) {
  if (text.find('.') != std::string::npos) {
    return fmt::format("holds a dot: `{}`; the schema is a setting of its own, `schema`", text);
  }
  if (std::string problem = name_problem(text, max_table_bytes); !problem.empty()) return problem;
  settings.table = text;
  return std::nullopt;
}

template <auto Member>
Outcome store_duration(Settings& settings, const std::string& text) {
  const auto value = sql::parse_duration(text);
  if (!value) return fmt::format("is not a duration: `{}`", text);
  if (value->count() > std::numeric_limits<int>::max()) {
    return fmt::format("is longer than PostgreSQL allows (24 days): `{}`", text);
  }
  settings.*Member = *value;
  return std::nullopt;
}

template <auto Member>
std::string show_span(const Settings& settings) {
  return show_duration(settings.*Member);
}

template <auto Member>
Outcome store_count(Settings& settings, const std::string& text) {
  constexpr std::size_t most = 1000;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count > most) {
    return fmt::format("is not a number from 0 to {}: `{}`", most, text);
  }
  settings.*Member = count;
  return std::nullopt;
}

template <auto Member>
std::string show_count(const Settings& settings) {
  return std::to_string(settings.*Member);
}

template <auto Member, int otherwise_ms>
std::string show_limit(const Settings& settings) {
  return show_duration((settings.*Member).value_or(milliseconds(otherwise_ms)));
}

inline std::string show_dry_run_lock_timeout(const Settings& settings) {
  if (settings.dry_run_lock_timeout) return show_duration(*settings.dry_run_lock_timeout);
  const milliseconds limit{2000};
  const milliseconds usual = settings.lock_timeout.value_or(limit);
  return show_duration(usual.count() == 0 ? limit : std::min(limit, usual));
}

inline Outcome store_embedded(Settings& settings, const std::string& text) {
  const auto on = text.empty() ? true : parse_switch(text);
  if (!on) {
    settings.embedded = text;
  } else if (*on) {
    settings.embedded = default_folder;
  } else {
    settings.embedded.reset();
  }
  return std::nullopt;
}

inline Outcome store_yes(Settings& settings, const std::string& text) {
  const auto on = text.empty() ? true : parse_switch(text);
  if (!on) return fmt::format("is neither true nor false: `{}`", text);
  settings.assume_yes = *on;
  return std::nullopt;
}

template <auto Member>
Outcome store_format(Settings& settings, const std::string& text) {
  if (text == "text") {
    settings.*Member = OutputFormat::text;
  } else if (text == "json") {
    settings.*Member = OutputFormat::json;
  } else {
    return fmt::format("is neither `text` nor `json`: `{}`", text);
  }
  return std::nullopt;
}

template <auto Member>
std::string show_format(const Settings& settings) {
  return settings.*Member == OutputFormat::json ? "json" : "text";
}

inline Outcome store_database_ahead(Settings& settings, const std::string& text) {
  if (text == "warn") {
    settings.policy.database_ahead = DatabaseAhead::warn;
  } else if (text == "error") {
    settings.policy.database_ahead = DatabaseAhead::error;
  } else {
    return fmt::format("is neither `warn` nor `error`: `{}`", text);
  }
  return std::nullopt;
}

inline Outcome store_findings(Settings& settings, const std::string& text) {
  if (text == "off") {
    settings.findings = FindingsPolicy::off;
  } else if (text == "warn") {
    settings.findings = FindingsPolicy::warn;
  } else if (text == "error") {
    settings.findings = FindingsPolicy::error;
  } else {
    return fmt::format("is none of `off`, `warn` and `error`: `{}`", text);
  }
  return std::nullopt;
}

inline std::string show_findings(const Settings& settings) {
  switch (settings.findings) {
    case FindingsPolicy::off:
      return "off";
    case FindingsPolicy::warn:
      return "warn";
    case FindingsPolicy::error:
      break;
  }
  return "error";
}

inline Outcome store_out_of_order(Settings& settings, const std::string& text) {
  const auto on = text.empty() ? true : parse_switch(text);
  if (text == "allow" || on == true) {
    settings.policy.out_of_order = OutOfOrder::allow;
  } else if (text == "refuse" || on == false) {
    settings.policy.out_of_order = OutOfOrder::refuse;
  } else {
    return fmt::format("is neither `refuse` nor `allow`: `{}`", text);
  }
  return std::nullopt;
}

inline Outcome store_drift(Settings& settings, const std::string& text) {
  if (text == "warn") {
    settings.drift = DriftPolicy::warn;
  } else if (text == "error") {
    settings.drift = DriftPolicy::error;
  } else if (text == "off") {
    settings.drift = DriftPolicy::off;
  } else {
    return fmt::format("is neither `warn`, `error` nor `off`: `{}`", text);
  }
  return std::nullopt;
}

inline std::string show_drift(const Settings& settings) {
  if (settings.drift == DriftPolicy::off) return "off";
  return settings.drift == DriftPolicy::warn ? "warn" : "error";
}

inline Outcome store_verify_allow(Settings& settings, const std::string& text) {
  VerifyPolicy allow;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string word = text.substr(begin, end - begin);
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    if (word == "column-order") {
      allow.column_order = true;
    } else if (word == "ownership") {
      allow.ownership = true;
    } else if (word == "server") {
      allow.server = true;
    } else if (!word.empty()) {
      return fmt::format("is neither `column-order` nor `ownership` nor `server`: `{}`", word);
    }
    begin = end + 1;
  }
  settings.verify_allow = allow;
  return std::nullopt;
}

inline std::string show_verify_allow(const Settings& settings) {
  const VerifyPolicy& allow = settings.verify_allow;
  std::string text;
  const auto add = [&](bool is_allowed, const char* word) {
    if (is_allowed) text += (text.empty() ? "" : ",") + std::string(word);
  };
  add(allow.column_order, "column-order");
  add(allow.ownership, "ownership");
  add(allow.server, "server");
  return text;
}

}  // namespace pgtide::adapters::store
