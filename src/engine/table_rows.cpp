#include "engine/table_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

// Beyond this a table's rows are only counted and summed up.
constexpr std::uint64_t most_rows_compared = 20000;

struct TableName {
  std::string shown;
  std::string sql;
};

const char* const list_tables = R"(SELECT pg_catalog.format('%s.%s', n.nspname, c.relname),
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.string_agg(a.attname, E'\x1f' ORDER BY a.attname),
  pg_catalog.string_agg(CASE WHEN a.attidentity <> '' OR a.attgenerated <> ''
      OR a.atttypid::pg_catalog.regtype::text ~ '^(timestamp|date|time)'
      OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~* '(nextval|now|current_|_timestamp|uuid|random)'
    THEN '1' ELSE '0' END, '' ORDER BY a.attname),
  pg_catalog.pg_relation_size(c.oid)::text
FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' AND pg_catalog.pg_relation_size(c.oid) > 0
  AND NOT (n.nspname = $1 AND c.relname IN ($2, $3))
  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND e.objid = c.oid AND e.deptype = 'e')
GROUP BY c.oid, n.nspname, c.relname)";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find('\x1f');
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string hash_of(const std::string& expression) {
  return fmt::format("pg_catalog.hashtextextended({}::text, 0)", expression);
}

// The row as one value, in an order that does not depend on the columns' places.
std::string row_of(const TableRows& table, bool with_filled_in) {
  std::string list;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!with_filled_in && table.filled_in[i]) continue;
    list += (list.empty() ? "" : ", ") + ("t." + quote_identifier(table.columns[i]));
  }
  return "ROW(" + list + ")";
}

std::string sum_of(const std::string& hash) {
  return fmt::format("COALESCE(pg_catalog.sum({}::numeric), 0)::text", hash);
}

std::string summary_query(const TableName& name, const TableRows& table, RowDetail detail) {
  if (table.looked == Looked::counted) {
    return fmt::format("SELECT {}, pg_catalog.count(*)::text, NULL, NULL FROM ONLY {} t",
                       quote_literal(name.shown), name.sql);
  }
  std::string sums = sum_of(hash_of(row_of(table, true)));
  std::string columns = "NULL";
  if (detail == RowDetail::each_row) {
    columns.clear();
    for (const std::string& column : table.columns) {
      columns += (columns.empty() ? "" : ", ") + sum_of(hash_of("t." + quote_identifier(column)));
    }
    columns = fmt::format("pg_catalog.concat_ws(E'\\x1f', {})", columns);
  }
  return fmt::format("SELECT {}, pg_catalog.count(*)::text, {}, {} FROM ONLY {} t",
                     quote_literal(name.shown), sums, columns, name.sql);
}

void read_each_row(ports::Session& session, const TableName& name, TableRows& table) {
  if (table.count > most_rows_compared) return;
  const Query query{
      fmt::format("SELECT {}::text, pg_catalog.count(*)::text FROM ONLY {} t "
                  "GROUP BY 1",
                  hash_of(row_of(table, false)), name.sql)};
  for (const auto& row : ask(session, query)) {
    table.rows[row.at(0).value()] = std::stoull(row.at(1).value());
  }
  table.each_row = true;
}

Looked looked_at(std::uint64_t bytes, const RowLimits& limits) {
  if (bytes <= limits.read) return Looked::closely;
  return bytes <= limits.counted ? Looked::counted : Looked::not_at_all;
}

// A table that grew or shrank between two looks may have been looked at differently.
Looked less_closely(const TableRows& a, const TableRows& b) {
  return std::max(a.looked, b.looked);
}

std::size_t missing_from(const TableRows& there, const TableRows& wanted) {
  std::size_t missing = 0;
  for (const auto& [row, times] : wanted.rows) {
    const auto found = there.rows.find(row);
    const std::size_t have = found == there.rows.end() ? 0 : found->second;
    missing += times - std::min(times, have);
  }
  return missing;
}

RowLoss loss_of(const std::string& name, const TableRows& before, const TableRows& after) {
  RowLoss loss{.table = name, .before = before.count, .after = after.count};
  if (before.each_row && after.each_row) {
    const std::size_t missing = missing_from(after, before);
    loss.changed = std::min(missing, missing_from(before, after));
    loss.lost = missing - loss.changed;
  } else {
    loss.lost = before.count - std::min(before.count, after.count);
    const bool compared = less_closely(before, after) == Looked::closely;
    loss.changed = compared && after.count >= before.count ? before.count : 0;
  }
  if (before.count != after.count) return loss;
  for (std::size_t i = 0; i < std::min(before.column_sums.size(), after.column_sums.size()); ++i) {
    if (!before.filled_in[i] && before.column_sums[i] != after.column_sums[i]) {
      loss.columns.push_back(before.columns[i]);
    }
  }
  return loss;
}

const char* why_not_compared(Looked looked) {
  return looked == Looked::counted ? " is large: its rows were counted, not compared"
                                   : " is too large to look at its rows";
}

}  // namespace

DatabaseRows read_rows(ports::Session& session, const LedgerNames& own, const RowReading& reading) {
  DatabaseRows tables;
  std::map<std::string, TableName> names;
  std::string summaries;
  for (const auto& row : ask(session, {list_tables, {own.schema, own.table, own.log()}})) {
    const TableName name{row.at(0).value(), row.at(1).value()};
    if (reading.only && !reading.only->contains(name.shown)) continue;
    TableRows& table = tables[name.shown];
    table.columns = split(row.at(2).value());
    for (const char c : row.at(3).value()) table.filled_in.push_back(c == '1');
    table.looked = looked_at(std::stoull(row.at(4).value()), reading.limits);
    if (table.looked == Looked::not_at_all) continue;
    summaries +=
        (summaries.empty() ? "" : "\nUNION ALL ") + summary_query(name, table, reading.detail);
    names[name.shown] = name;
  }
  if (summaries.empty()) return tables;
  for (const auto& row : ask(session, {summaries})) {
    TableRows& table = tables[row.at(0).value()];
    table.count = std::stoull(row.at(1).value());
    table.sum = row.at(2).value_or("");
    if (row.at(3)) table.column_sums = split(*row.at(3));
  }
  if (reading.detail == RowDetail::sums) return tables;
  for (auto& [shown, table] : tables) {
    if (table.looked == Looked::closely) read_each_row(session, names[shown], table);
  }
  return tables;
}

RowChanges compare_rows(const DatabaseRows& before, const DatabaseRows& after) {
  RowChanges changes;
  for (const auto& [name, was] : before) {
    const auto found = after.find(name);
    // A table that was made again holds nothing, and is not listed.
    const TableRows none{.columns = was.columns, .filled_in = was.filled_in, .each_row = true};
    const TableRows& is = found == after.end() ? none : found->second;
    const Looked looked = less_closely(was, is);
    if (looked != Looked::closely) changes.notes.push_back(name + why_not_compared(looked));
    if (looked == Looked::not_at_all || was.columns != is.columns) continue;
    const bool same_sum = looked == Looked::counted || was.sum == is.sum;
    if (was.count == is.count && same_sum) continue;
    const RowLoss loss = loss_of(name, was, is);
    const bool lost = loss.lost > 0 || loss.changed > 0;
    if (lost) changes.losses.push_back(loss);
    if (is.count > was.count) {
      const std::uint64_t left = is.count - was.count;
      changes.notes.push_back(fmt::format("{} row{} stay{} in {} that {} not there before", left,
                                          left == 1 ? "" : "s", left == 1 ? "s" : "", name,
                                          left == 1 ? "was" : "were"));
    } else if (!lost) {
      changes.notes.push_back(fmt::format(
          "{} has its rows again, with new values in columns that the server fills in", name));
    }
  }
  for (const auto& [name, is] : after) {
    if (before.contains(name) || is.count == 0) continue;
    changes.notes.push_back(fmt::format("{} row{} stay{} in {}, which was empty before", is.count,
                                        is.count == 1 ? "" : "s", is.count == 1 ? "s" : "", name));
  }
  return changes;
}

}  // namespace pgtide::engine
