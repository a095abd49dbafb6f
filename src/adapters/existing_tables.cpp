#include "adapters/existing_tables.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>

#include "core/foreign_ledgers.hpp"
#include "pgtide/ledger_names.hpp"

namespace pgtide::adapters {

// The columns tell tools apart that use the same name.
std::string list_existing_tables() {
  std::string names;
  for (const ForeignLedger& ledger : foreign_ledgers()) {
    names += (names.empty() ? "" : ", ") + quote_literal(std::string(ledger.table));
  }
  return fmt::format(
      R"(coalesce((SELECT pg_catalog.string_agg(pg_catalog.concat_ws(pg_catalog.chr(9), n.nspname, c.relname,
      CAST(n.nspname IN (SELECT CASE WHEN s.name = '$user' THEN session_user ELSE s.name END
        FROM (SELECT pg_catalog.btrim(pg_catalog.unnest(pg_catalog.string_to_array(reset_val, ',')), ' "') AS name
          FROM pg_catalog.pg_settings WHERE name = 'search_path') s) AS int),
      CASE WHEN pg_catalog.lower(c.relname) IN ({}) THEN (SELECT pg_catalog.string_agg(a.attname, ' ')
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
      ELSE '' END), pg_catalog.chr(10) ORDER BY n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND n.nspname !~ '^pg_'
      AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass) AND d.objid = c.oid
          AND d.deptype = 'e')), ''))",
      names);
}

std::vector<ExistingTable> existing_tables(const std::string& list) {
  std::vector<ExistingTable> tables;
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    std::array<std::string, 4> fields;
    std::istringstream rest(line);
    for (std::string& field : fields) std::getline(rest, field, '\t');
    ExistingTable table{.schema = fields[0], .name = fields[1], .in_search_path = fields[2] == "1"};
    if (const ForeignLedger* ledger = find_foreign_ledger(fields[0], fields[1], fields[3])) {
      table.tool = ledger->tool;
      table.tool_owns_schema = !ledger->schema.empty();
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace pgtide::adapters
