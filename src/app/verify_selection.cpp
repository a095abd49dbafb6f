#include "app/verify_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/file_name.hpp"
#include "core/wording.hpp"

namespace pgtide {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_range(const std::string& range) {
  throw Error(ErrorKind::usage, fmt::format("`{}` is neither a version nor a range of them", range),
              "write it like 0007, 3..9, 3.. or ..9");
}

// One end of a range; nullopt when it is open.
std::optional<Version> end_of(const Catalog& catalog, const std::string& text,
                              const std::string& range) {
  if (text.empty()) return std::nullopt;
  const auto version = Version::parse(text);
  if (!version) refuse_range(range);
  if (catalog.find(*version) == nullptr) {
    throw Error(
        ErrorKind::usage, fmt::format("there is no migration {}", text),
        fmt::format("{} has no script of that number", joined_path(catalog.directory, "sql")));
  }
  return version;
}

std::string digits_of(std::string_view name) {
  return std::string(name.substr(0, name.find_first_not_of("0123456789")));
}

Problem unusable(const std::string& path, const std::string& why) {
  return {.where = {path, 0, 0},
          .message = why,
          .hint =
              "a fixture is named after its migration, for example fixtures/0003.sql; "
              "fixtures/0000.sql comes before all",
          .source_line = {}};
}

}  // namespace

std::set<Version> versions_in(const Catalog& catalog, const std::string& range) {
  const std::size_t dots = range.find("..");
  const std::string first = range.substr(0, dots);
  const std::string last = dots == std::string::npos ? first : range.substr(dots + 2);
  if (!range.empty() && first.empty() && last.empty()) refuse_range(range);
  const auto from = end_of(catalog, first, range);
  const auto to = end_of(catalog, last, range);
  if (from && to && *from > *to) refuse_range(range);
  std::set<Version> versions;
  for (const Migration& migration : catalog.migrations) {
    if ((!from || migration.version >= *from) && (!to || migration.version <= *to)) {
      versions.insert(migration.version);
    }
  }
  return versions;
}

std::set<Version> versions_of_files(const Catalog& catalog, const std::vector<std::string>& files) {
  std::set<Version> versions;
  for (const std::string& file : files) {
    const fs::path path(file);
    const std::string folder = path.parent_path().string();
    if (folder != "sql" && folder != "rollback" && folder != "fixtures") continue;
    const auto version = Version::parse(digits_of(path.filename().string()));
    if (version && catalog.find(*version) != nullptr) versions.insert(*version);
  }
  return versions;
}

std::map<Version, std::string> find_fixtures(const Catalog& catalog) {
  std::map<Version, std::string> fixtures;
  std::vector<Problem> problems;
  const std::string folder = joined_path(catalog.directory, "fixtures");
  std::error_code ec;
  std::vector<std::string> names;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (file_name::is_ignored(name)) continue;
    const std::string path = joined_path(folder, name);
    const std::string digits = digits_of(name);
    const bool first = !digits.empty() && digits.find_first_not_of('0') == std::string::npos;
    const auto version = first ? Version(0) : Version::parse(digits);
    if (!version || (!first && catalog.find(*version) == nullptr)) {
      problems.push_back(unusable(path, "it belongs to no migration"));
    } else if (const auto [known, is_new] = fixtures.emplace(*version, path); !is_new) {
      problems.push_back(unusable(path, "it has the number of " + known->second));
    }
  }
  if (!problems.empty()) {
    throw Error(ErrorKind::invalid_input, "the fixtures are not valid; nothing was run",
                std::move(problems));
  }
  return fixtures;
}

}  // namespace pgtide
