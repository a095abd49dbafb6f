// All migrations found on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/checksum.hpp"
#include "pgtide/error.hpp"
#include "pgtide/version.hpp"

namespace pgtide {

// A version with its two scripts, as the directory has them.
struct Migration {
  Version version;
  std::string version_text;   // the digits of the file name
  std::string name;           // `add_x` of `0007_add_x.sql`
  std::string forward_path;   // as shown to people: below the directory as it was given
  std::string rollback_path;  // empty when there is no rollback script
  std::optional<Checksum> forward_checksum;  // set when the reader was asked for it
};

// Invariant: `migrations` is in ascending order of version and names no version twice.
struct Catalog {
  std::string directory;  // as it was given, e.g. `migrations`; empty: no directory is looked at
  std::vector<Migration> migrations;
  // What is wrong with the directory itself: names, numbers, missing partners. A missing rollback
  // script is not among them, because a stored one may stand in; see `rollback_path`.
  std::vector<Problem> problems;

  std::vector<std::string> notices = {};  // what is odd, and does no harm

  const Migration* find(Version version) const;
  // Digits that a new version is written with: the width of the newest file, 4 when there is none.
  std::size_t version_width() const;
};

// What a directory entry is, judged by its name alone.
struct ScriptFile {
  std::string file_name;  // without its folder
  std::string path;       // as shown to people
  bool is_regular_file = true;
};

// Pairs the files of both folders up and lists every problem: no number, version 0 or too long, a
// number twice (both named), a rollback without forward script, a folder named like a script, a
// wrong extension. Hidden files, READMEs, editors' backups and files that are not SQL are passed
// over. The order of the arguments makes no difference. Pure: reads no disk.
Catalog build_catalog(std::string directory, const std::vector<ScriptFile>& forward,
                      const std::vector<ScriptFile>& rollback);

// `name` as it stands in a file name: lower case, letters, digits and single underscores ("Add
// Users!" -> "add_users"), at most 200 of them. Empty when nothing usable is left.
std::string safe_name(std::string_view name);

// The version that `generate` gives to the next migration: one above the newest on disk and in
// `also` (gaps are never reused). Throws Error(invalid_input) when that number would be too long.
Version next_version(const Catalog& catalog, const std::vector<Version>& also = {});

}  // namespace pgtide
