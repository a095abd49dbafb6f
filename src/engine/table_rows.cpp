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
  pg_catalog.format('ONLY %I.%I', n.nspname, c.relname),
  pg_catalog.string_agg(a.attname, E'\x1f' ORDER BY a.attname),
  pg_catalog.string_agg(CASE WHEN a.attgenerated <> '' THEN 'a'
      WHEN s.oid IS NOT NULL AND a.atttypid IN (20, 21, 23) THEN 's'
      WHEN x.expr ~ 'nextval' THEN 'a'
      WHEN a.atttypid IN (1082, 1114, 1184) THEN CASE
        WHEN x.expr !~* '(now\(|current_|_timestamp|localtime)' OR x.expr IS NULL OR x.shift IS NOT NULL
          OR x.expr ~* '^[^''+-]*(''utc''::text)?[^''+-]*$' THEN 't' ELSE 'a' END
      WHEN x.expr ~* '(current_user|session_user|current_role)' THEN 'u'
      WHEN x.expr ~* '(uuid|random)' THEN 'c'
      WHEN x.expr ~* '(now\(|current_|_timestamp|localtime)' THEN 'a'
    ELSE '-' END, '' ORDER BY a.attname),
  pg_catalog.string_agg(pg_catalog.format_type(a.atttypid, NULL), E'\x1f' ORDER BY a.attname),
  pg_catalog.string_agg(COALESCE(x.shift[1] || x.shift[2], ''), E'\x1f' ORDER BY a.attname),
  pg_catalog.string_agg(CASE WHEN pg_catalog.has_sequence_privilege(s.oid, 'USAGE, SELECT')
    THEN s.oid || ':' || COALESCE(pg_catalog.pg_sequence_last_value(s.oid)::text, '') ELSE '' END, E'\x1f' ORDER BY a.attname),
  pg_catalog.pg_relation_size(c.oid)::text, pg_catalog.now()::text
FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN LATERAL (SELECT expr, pg_catalog.regexp_match(expr, '([+-]) ''([^'']+)''::interval\W*$') AS shift
    FROM pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS e(expr)) x ON true
  LEFT JOIN LATERAL (SELECT COALESCE(
      (SELECT p.objid FROM pg_catalog.pg_depend p WHERE p.refclassid = 1259 AND p.refobjid = c.oid
        AND p.refobjsubid = a.attnum AND p.classid = 1259 AND p.deptype = 'i' LIMIT 1),
      (SELECT q.seqrelid FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence q ON q.seqrelid = p.refobjid
        WHERE p.classid = 2604 AND p.objid = d.oid AND p.refclassid = 1259 LIMIT 1)) AS oid) s ON true
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
    return fmt::format("SELECT {}, pg_catalog.count(*)::text, NULL, NULL FROM {} t",
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
  return fmt::format("SELECT {}, pg_catalog.count(*)::text, {}, {} FROM {} t",
                     quote_literal(name.shown), sums, columns, name.sql);
}

std::string filled_values(const TableRows& table) {
  std::string list;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.filled_in[i]) continue;
    list +=
        fmt::format(", COALESCE({}::text, '')", hash_of("t." + quote_identifier(table.columns[i])));
  }
  return list.empty() ? "''" : "pg_catalog.concat_ws(E'\\x1f'" + list + ")";
}

std::string made_values(const TableRows& table, const TableRows* before) {
  std::string list;
  for (std::size_t i = 0; before != nullptr && i < table.columns.size(); ++i) {
    if (!table.filled_in[i]) continue;
    const ValueSource known = i < before->fillings.size() ? before->fillings[i] : ValueSource{};
    list += fmt::format(", CASE WHEN {} THEN '1' ELSE '0' END",
                        is_made_sql(table.fillings[i], known,
                                    "t." + quote_identifier(table.columns[i]), before->looked_at));
  }
  return list.empty() ? "''" : "pg_catalog.concat(" + list.substr(2) + ")";
}

void read_each_row(ports::Session& session, const TableName& name, TableRows& table,
                   const TableRows* before) {
  if (table.count > most_rows_compared) return;
  const Query query{fmt::format(
      "SELECT fixed, filled, made, pg_catalog.count(*)::text FROM (SELECT {}::text AS fixed, {} AS "
      "filled, {} AS made FROM {} t) r GROUP BY 1, 2, 3",
      hash_of(row_of(table, false)), filled_values(table), made_values(table, before), name.sql)};
  for (const auto& row : ask(session, query)) {
    table.rows[{row.at(0).value(), split(row.at(1).value()), row.at(2).value()}] +=
        std::stoull(row.at(3).value());
  }
  table.each_row = true;
}

// From a row of `list_tables`.
TableRows described(const std::vector<Param>& row) {
  TableRows table;
  table.columns = split(row.at(2).value());
  const std::string& letters = row.at(3).value();
  const std::vector<std::string> types = split(row.at(4).value());
  const std::vector<std::string> offsets = split(row.at(5).value());
  const std::vector<std::string> sequences = split(row.at(6).value());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    table.fillings.push_back(
        {source_of(letters.at(i)), types.at(i), offsets.at(i), sequences.at(i)});
    table.filled_in.push_back(table.fillings.back().by != ValueSource::By::nobody);
  }
  table.looked_at = row.at(8).value();
  return table;
}

Looked looked_at(std::uint64_t bytes, const RowLimits& limits) {
  if (bytes <= limits.read) return Looked::closely;
  return bytes <= limits.counted ? Looked::counted : Looked::not_at_all;
}

// Who has one as a number in a column finds it no more when it was made again.
const char* const large_objects =
    R"((SELECT l.oid, pg_catalog.pg_get_userbyid(l.lomowner) AS owner, l.lomacl AS grants,
  pg_catalog.obj_description(l.oid, 'pg_largeobject') AS comment,
  (SELECT pg_catalog.md5(pg_catalog.string_agg(pg_catalog.md5(p.data), '' ORDER BY p.pageno))
    FROM pg_catalog.pg_largeobject p WHERE p.loid = l.oid) AS contents
FROM pg_catalog.pg_largeobject_metadata l))";

// As if they were a table. Only a superuser may read what is in them.
std::optional<TableRows> described_large_objects(ports::Session& session) {
  const auto found = ask(
      session, {"SELECT FROM pg_catalog.pg_largeobject_metadata WHERE "
                "pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT') LIMIT 1"});
  if (found.empty()) return std::nullopt;
  TableRows table{.columns = {"comment", "contents", "grants", "oid", "owner"},
                  .filled_in = {false, false, false, true, false}};
  table.fillings.resize(table.columns.size());
  table.fillings[3].by = ValueSource::By::anything;
  return table;
}

}  // namespace

DatabaseRows read_rows(ports::Session& session, const LedgerNames& own, const RowReading& reading) {
  DatabaseRows tables;
  std::map<std::string, TableName> names;
  std::string summaries;
  for (const auto& row : ask(session, {list_tables, {own.schema, own.table, own.log()}})) {
    const TableName name{row.at(0).value(), row.at(1).value()};
    if (reading.only && !reading.only->contains(name.shown)) continue;
    TableRows& table = tables[name.shown] = described(row);
    table.looked = looked_at(std::stoull(row.at(7).value()), reading.limits);
    if (table.looked == Looked::not_at_all) continue;
    summaries +=
        (summaries.empty() ? "" : "\nUNION ALL ") + summary_query(name, table, reading.detail);
    names[name.shown] = name;
  }
  if (!reading.only) {
    const TableName name{"large objects", large_objects};
    if (auto table = described_large_objects(session)) {
      summaries +=
          (summaries.empty() ? "" : "\nUNION ALL ") + summary_query(name, *table, reading.detail);
      tables[name.shown] = std::move(*table);
      names[name.shown] = name;
    }
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
    if (table.looked != Looked::closely) continue;
    const auto known =
        reading.since == nullptr ? DatabaseRows::const_iterator() : reading.since->find(shown);
    const bool is_known = reading.since != nullptr && known != reading.since->end();
    read_each_row(session, names[shown], table, is_known ? &known->second : nullptr);
  }
  return tables;
}

}  // namespace pgtide::engine
