#include "engine/first_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/wording.hpp"

namespace pgtide::engine {
namespace {

// Quotes are left out; a name that holds a comma is not found, and counts for nothing.
std::set<std::string> schemas_in(const std::string& search_path) {
  std::set<std::string> schemas;
  std::string name;
  for (const char c : search_path + ",") {
    if (c == ',') {
      schemas.insert(std::exchange(name, {}));
    } else if (c != ' ' && c != '"') {
      name += c;
    }
  }
  return schemas;
}

constexpr const char* refusal =
    "`pgtide baseline VERSION` records what is there as applied; when the scripts are to run over "
    "it, add --allow-existing-tables";
constexpr const char* mention =
    "if these scripts made it, `pgtide baseline VERSION` records that in place of running them; "
    "--allow-existing-tables leaves this note out";

std::string shown(const ExistingTable& table) {
  return table.schema + "." + table.name;
}

}  // namespace

std::optional<TablesFound> tables_before_first_run(const PreparedRun& prepared,
                                                   const LedgerNames& names,
                                                   const std::string& search_path) {
  if (prepared.plan.steps.empty() || prepared.ledger.shape.table_exists) return std::nullopt;
  const std::set<std::string> schemas = schemas_in(search_path);
  std::vector<std::string> tables;
  std::string ledgers;
  for (const ExistingTable& table : prepared.ledger.existing) {
    const bool is_near =
        search_path.empty() ? table.in_search_path : schemas.contains(table.schema);
    if (!is_near && table.schema != names.schema && !table.tool_owns_schema) continue;
    tables.push_back(shown(table));
    if (!table.tool.empty()) {
      ledgers += fmt::format("; {} says what {} applied", shown(table), table.tool);
    }
  }
  if (tables.empty()) return std::nullopt;
  constexpr std::size_t most = 3;
  return TablesFound{
      .problem = {.where = {},
                  .message = fmt::format(
                      "the database has {} already ({}), and pgtide applied none of it{}",
                      counted(tables.size(), "table"), list_of(tables, most), ledgers),
                  .hint = ledgers.empty() ? mention : refusal,
                  .source_line = {}},
      .another_tools = !ledgers.empty()};
}

}  // namespace pgtide::engine
