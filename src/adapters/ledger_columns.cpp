#include "adapters/ledger_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pgtide::adapters {
namespace {

struct Wanted {
  const char* name;
  std::vector<std::string> types;  // the start of format_type's text
};

const std::vector<Wanted>& wanted_columns() {
  static const std::vector<Wanted> wanted = {{"id", {"uuid"}},
                                             {"version", {"character varying", "text"}},
                                             {"name", {"character varying", "text"}},
                                             {"checksum", {"character varying", "text"}},
                                             {"applied_at", {"timestamp"}},
                                             {"execution_time", {"integer", "bigint"}},
                                             {"success", {"boolean"}},
                                             {"error", {"text", "character varying"}},
                                             {"rolled_back_at", {"timestamp"}}};
  return wanted;
}

bool fits(const std::string& type, const std::vector<std::string>& starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [&](const std::string& start) { return type.starts_with(start); });
}

// `character varying(10)` -> 10; text has no limit.
std::size_t width_of(const std::string& type) {
  const auto open = type.find('(');
  std::size_t width = 1'000'000;
  if (open != std::string::npos) {
    std::from_chars(type.data() + open + 1, type.data() + type.size(), width);
  }
  return width;
}

}  // namespace

std::vector<Problem> judge_columns(const std::vector<Column>& columns, const LedgerNames& names,
                                   LedgerShape& shape) {
  std::vector<std::string> wrong;
  for (const Wanted& wanted : wanted_columns()) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
      return column.name == wanted.name;
    });
    if (found == columns.end()) {
      wrong.push_back(fmt::format("no column {} ({})", wanted.name, wanted.types.front()));
    } else if (!fits(found->type, wanted.types)) {
      wrong.push_back(
          fmt::format("column {} is {}, not {}", wanted.name, found->type, wanted.types.front()));
    } else if (found->name == "version") {
      shape.version_width = width_of(found->type);
    } else if (found->name == "applied_at") {
      shape.timestamps_have_zone = found->type.ends_with("with time zone");
    }
  }
  for (const Column& column : columns) {
    const bool known =
        std::any_of(wanted_columns().begin(), wanted_columns().end(),
                    [&](const Wanted& wanted) { return column.name == wanted.name; });
    if (!known && column.required_of_writer) {
      wrong.push_back(fmt::format("column {} ({}) must be given a value that pgtide does not know",
                                  column.name, column.type));
    }
  }
  if (wrong.empty()) return {};
  std::vector<Problem> problems;
  for (const std::string& text : wrong) {
    problems.push_back({.where = {},
                        .message = fmt::format("table {}.{} is not a ledger of pgtide: {}",
                                               names.schema, names.table, text),
                        .hint = {},
                        .source_line = {}});
  }
  problems.back().hint =
      "it may belong to another tool; choose another name with `table` (PGTIDE_TABLE) or another "
      "`schema` (PGTIDE_SCHEMA)";
  return problems;
}

}  // namespace pgtide::adapters
