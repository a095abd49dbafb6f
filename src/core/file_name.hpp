// What the name of a directory entry says, before anything is paired up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pgtide/version.hpp"

namespace pgtide::file_name {

// Hidden files, READMEs, editors' backups and whatever is not SQL: nobody meant them as scripts.
bool is_ignored(std::string_view name);

// `2026/` of `2026/0007_add_x.sql`, which lies in a folder below; empty when there is none.
std::string_view folder(std::string_view name);

// `_add_x.down` of `0007_add_x.down.sql`, as other tools name their way back.
bool is_way_back(std::string_view rest);

// `0007_add_x.sql` is digits `0007`, rest `_add_x`, extension `.sql`.
struct Parts {
  std::string digits;
  std::string rest;
  std::string extension;

  std::optional<Version> version() const { return Version::parse(digits); }
};
// `name` must end in .sql, in any letter case.
Parts split(std::string_view name);

// UTF-8 without control characters, so that it can be shown and stored in the ledger.
bool is_printable(std::string_view name);
// `name` with the bytes that are not printable written as \xNN.
std::string escaped(std::string_view name);

std::string lower_case(std::string_view text);

}  // namespace pgtide::file_name
