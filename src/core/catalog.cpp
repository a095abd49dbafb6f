#include "pgtide/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "file_name.hpp"

namespace pgtide {

const Migration* Catalog::find(Version version) const {
  const auto at = std::lower_bound(
      migrations.begin(), migrations.end(), version,
      [](const Migration& migration, const Version& wanted) { return migration.version < wanted; });
  return at != migrations.end() && at->version == version ? &*at : nullptr;
}

std::size_t Catalog::version_width() const {
  return migrations.empty() ? 4 : migrations.back().version_text.size();
}

std::string safe_name(std::string_view name) {
  constexpr std::size_t longest = 200;
  std::string out;
  for (const char c : file_name::lower_case(name)) {
    const bool is_usable = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_usable) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  if (out.size() > longest) out.resize(longest);
  if (out.ends_with('_')) out.pop_back();
  return out;
}

Version next_version(const Catalog& catalog, const std::vector<Version>& also) {
  std::uint64_t newest =
      catalog.migrations.empty() ? 0 : catalog.migrations.back().version.number();
  for (const Version& version : also) newest = std::max(newest, version.number());
  const Version next(newest + 1);
  if (next.padded(0).size() > Version::max_digits)
    throw Error(ErrorKind::invalid_input, fmt::format("there is no version above {}", newest),
                "a version has at most 18 digits; renumber the newest migration");
  return next;
}

}  // namespace pgtide
