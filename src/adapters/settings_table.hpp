// The one list of settings: how each is named, read, checked, stored and shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/settings.hpp"

namespace pgtide::adapters {

// What a TOML value of the setting may be; flags and variables are always text.
// A list is carried as its elements with NULs between them.
enum class ValueShape { text, duration, boolean, text_or_boolean, number, list };
// Whether an empty text in the file resets the setting to its default.
enum class EmptyText { refuse, reset };

struct SettingSpec {
  SettingInfo info;
  ValueShape shape = ValueShape::text;
  EmptyText empty = EmptyText::refuse;
  // Stores `text`; otherwise says what is wrong with it ("is not a duration: `2 s`").
  std::optional<std::string> (*store)(Settings&, const std::string& text);
  std::string (*show)(const Settings&);
  std::string hint;
};

// The part of the list that is about what pgtide does where opinions differ.
std::vector<SettingSpec> policy_settings();
// The part that is about what surrounds a run.
std::vector<SettingSpec> operations_settings();

const std::vector<SettingSpec>& setting_specs();
const SettingSpec* find_spec(std::string_view key);

inline constexpr std::string_view environment_key = "environment";

}  // namespace pgtide::adapters
