#include "adapters/toml_config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <tuple>
#include <utility>

#include "adapters/settings_table.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/nearest.hpp"

namespace pgtide::adapters {
namespace {

constexpr std::string_view environments_key = "environments";

const char* article_and_type(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

const char* expected(ValueShape shape) {
  switch (shape) {
    case ValueShape::text:
      return "a string";
    case ValueShape::duration:
      return "a duration";
    case ValueShape::number:
      return "a number";
    case ValueShape::boolean:
      return "true or false";
    case ValueShape::text_or_boolean:
      return "true, false or a string";
    case ValueShape::list:
      return "a list of strings";
  }
  return "a string";
}

std::optional<std::string> list_of(const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::string text;
  for (const auto& item : *list) {
    const auto* element = item.as_string();
    if (element == nullptr || element->get().find('\0') != std::string::npos) return std::nullopt;
    if (!text.empty()) text += '\0';
    text += element->get();
  }
  return text;
}

// The value as a flag would carry it; nullopt when the setting takes no value of this type.
std::optional<std::string> text_of(const toml::node& node, ValueShape shape) {
  if (shape == ValueShape::list) return list_of(node);
  if (const auto* text = node.as_string(); text && shape != ValueShape::boolean) {
    return text->get();
  }
  const bool takes_number = shape == ValueShape::duration || shape == ValueShape::number;
  if (const auto* number = node.as_integer(); number && takes_number) {
    return std::to_string(number->get());
  }
  const bool takes_boolean = shape == ValueShape::boolean || shape == ValueShape::text_or_boolean;
  if (const auto* flag = node.as_boolean(); flag && takes_boolean) {
    return flag->get() ? "true" : "false";
  }
  return std::nullopt;
}

// Whether keys such as `policy.out_of_order` begin with `name`.
bool is_group(const std::string& name) {
  const auto& specs = setting_specs();
  return std::any_of(specs.begin(), specs.end(), [&](const SettingSpec& spec) {
    return spec.info.key.starts_with(name + ".");
  });
}

// The setting that `key` may name, in whatever section.
const SettingSpec* spec_of(std::string_view key) {
  const auto& specs = setting_specs();
  const auto it = std::find_if(specs.begin(), specs.end(), [&](const SettingSpec& spec) {
    return spec.info.key == key || spec.info.key.ends_with(fmt::format(".{}", key));
  });
  return it == specs.end() ? nullptr : &*it;
}

// Of a line that may be broken anywhere: the value stays only of a setting that is known to hold no
// password, and only if it cannot be a URL.
std::string without_secrets(const std::string& line) {
  const bool may_hold_url = line.find_first_of("@:") != std::string::npos;
  if (line.starts_with('[') && !may_hold_url) return line;
  const std::size_t equals = std::min(line.find('='), line.size());
  const bool has_value = equals < line.size();
  std::string_view key = std::string_view(line).substr(0, equals);
  key.remove_prefix(std::min(key.find_first_not_of(" \t"), key.size()));
  key = key.substr(0, key.find_last_not_of(" \t") + 1);
  const SettingSpec* spec = spec_of(key);
  if (spec != nullptr && !has_value) return line;
  const bool is_harmless =
      spec != nullptr && spec->info.key != "url" && spec->shape != ValueShape::list;
  if (is_harmless && !may_hold_url) return line;
  const bool is_key = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  return is_key && has_value ? line.substr(0, equals) + "= ***" : "***";
}

class Reader {
 public:
  Reader(TomlConfig& config, const std::string& text) : config_(config), text_(text) {}

  void read(const toml::table& root) {
    read_table(root, {}, {});
    std::stable_sort(
        config_.problems.begin(), config_.problems.end(), [](const Problem& a, const Problem& b) {
          return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
        });
  }

  void add_problem(const toml::source_position& at, std::string message, std::string hint) {
    Problem problem{position(at), std::move(message), std::move(hint), {}};
    const std::string line = line_at(at.line);
    const std::string shown = without_secrets(line);
    // A password that was masked left of the place would move the caret.
    const auto same = std::mismatch(line.begin(), line.end(), shown.begin(), shown.end()).first;
    if (shown == line || at.column <= static_cast<std::size_t>(same - line.begin())) {
      problem.source_line = shown;
    }
    config_.problems.push_back(std::move(problem));
  }

 private:
  void read_table(const toml::table& table, const std::string& prefix, const std::string& section) {
    const bool top = prefix.empty() && section.empty();
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const toml::source_position at = key.source().begin;
      if (top && name == environments_key) {
        read_environments(node, at);
      } else if (prefix.empty() && is_group(name)) {
        if (const auto* group = node.as_table()) {
          read_table(*group, name + ".", section);
        } else {
          add_problem(at, fmt::format("`{}` is {}, not a table", name, article_and_type(node)),
                      fmt::format("write a line [{}] and the keys below it", name));
        }
      } else {
        read_value(prefix + name, node, section, at);
      }
    }
  }

  void read_environments(const toml::node& node, const toml::source_position& at) {
    const auto* sections = node.as_table();
    if (!sections) {
      add_problem(at, fmt::format("`environments` is {}, not a table", article_and_type(node)),
                  "write a section [environments.production]");
      return;
    }
    for (const auto& [key, section] : *sections) {
      const std::string name(key.str());
      if (const auto* values = section.as_table()) {
        config_.environments.push_back(name);
        read_table(*values, {}, name);
      } else {
        add_problem(
            key.source().begin,
            fmt::format("`environments.{}` is {}, not a table", name, article_and_type(section)),
            "write a section [environments.production] and the keys below it");
      }
    }
  }

  void read_value(const std::string& key, const toml::node& node, const std::string& section,
                  const toml::source_position& at) {
    const SettingSpec* spec = find_spec(key);
    if (!spec || (!section.empty() && key == environment_key)) {
      add_unknown(key, section, at);
      return;
    }
    if (key == environment_key && node.is_table()) {
      add_problem(at, "`environment` is the name of the environment, not a table",
                  "write [environments.production] for the settings of one environment");
      return;
    }
    const auto text = text_of(node, spec->shape);
    if (!text) {
      add_problem(at,
                  fmt::format("`{}` must be {}, not {}", key, expected(spec->shape),
                              article_and_type(node)),
                  spec->hint);
      return;
    }
    if (text->empty() && spec->empty == EmptyText::refuse) {
      add_problem(at, fmt::format("`{}` is empty", key), "leave the line out for the default");
      return;
    }
    Settings scratch;
    if (const auto wrong = spec->store(scratch, *text)) {
      add_problem(at, fmt::format("`{}` {}", key, *wrong), spec->hint);
      return;
    }
    config_.values.push_back({key, *text, section, position(at)});
  }

  void add_unknown(const std::string& key, const std::string& section,
                   const toml::source_position& at) {
    std::vector<std::string> known;
    for (const auto& spec : setting_specs()) {
      if (section.empty() || spec.info.key != environment_key) known.push_back(spec.info.key);
    }
    if (section.empty()) known.emplace_back(environments_key);
    std::string wanted = key;
    std::replace(wanted.begin(), wanted.end(), '-', '_');
    const std::string near = nearest(wanted, known);
    std::string hint = "docs/configuration.md lists the keys";
    if (!near.empty()) hint = fmt::format("did you mean `{}`?", near);
    add_problem(at, fmt::format("unknown key `{}`", key), std::move(hint));
  }

  ScriptPosition position(const toml::source_position& at) const {
    return {config_.path, at.line, at.column};
  }

  std::string line_at(std::size_t number) const {
    std::size_t begin = 0;
    for (std::size_t line = 1; line < number && begin != std::string::npos; ++line) {
      begin = text_.find('\n', begin);
      if (begin != std::string::npos) ++begin;
    }
    if (number == 0 || begin == std::string::npos) return {};
    std::string line = text_.substr(begin, text_.find('\n', begin) - begin);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }

  TomlConfig& config_;
  const std::string& text_;
};

// toml++ writes "Error while parsing key: expected …, saw …".
std::string in_our_words(std::string_view description) {
  constexpr std::string_view opening = "Error while parsing ";
  if (description.substr(0, opening.size()) == opening) description.remove_prefix(opening.size());
  return redact_broken_url("not valid TOML: " + std::string(description));
}

}  // namespace

TomlConfig parse_toml_config(const std::string& path, const std::string& text) {
  TomlConfig config;
  config.path = path;
  Reader reader(config, text);
  try {
    reader.read(toml::parse(text, path));
  } catch (const toml::parse_error& error) {
    reader.add_problem(error.source().begin, in_our_words(error.description()), {});
  }
  return config;
}

}  // namespace pgtide::adapters
