#include "engine/schema_reader.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "pgtide/error.hpp"
#include "schema/catalog_query.hpp"
#include "schema/snapshot_builder.hpp"

namespace pgtide::engine {
namespace {

using ports::Outcome;
using ports::OutcomeStatus;

struct Setting {
  const char* name;
  const char* value;
};

// Everything that changes how the server writes definitions down, and what makes it slow.
constexpr Setting settings[] = {{"search_path", "pg_catalog, pg_temp"},
                                {"DateStyle", "ISO, YMD"},
                                {"IntervalStyle", "postgres"},
                                {"TimeZone", "UTC"},
                                {"extra_float_digits", "1"},
                                {"bytea_output", "hex"},
                                {"quote_all_identifiers", "off"},
                                {"standard_conforming_strings", "on"},
                                // Planning takes longer than running these queries.
                                {"jit", "off"},
                                {"join_collapse_limit", "1"},
                                {"max_parallel_workers_per_gather", "0"}};

Query look() {
  std::string sql =
      "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.pg_get_userbyid(10), "
      "pg_catalog.has_table_privilege('pg_catalog.pg_subscription', 'SELECT')";
  for (const Setting& setting : settings) {
    sql += ", pg_catalog.current_setting('" + std::string(setting.name) + "')";
  }
  for (const schema::RareCatalog& rare : schema::rare_catalogs()) {
    sql += fmt::format(", EXISTS (SELECT FROM pg_catalog.{} WHERE {})", rare.name, rare.own_rows);
  }
  return {std::move(sql)};
}

constexpr std::size_t first_setting = 3;
constexpr std::size_t first_rare = first_setting + std::size(settings);

// Until the end of the transaction, so that nothing stays when the connection is between two.
Query set(const std::vector<Param>& values) {
  Query query{"SELECT "};
  for (const Setting& setting : settings) {
    query.params.push_back(values[query.params.size()]);
    if (query.params.size() > 1) query.sql += ", ";
    query.sql += "pg_catalog.set_config('" + std::string(setting.name) + "', $" +
                 std::to_string(query.params.size()) + ", true)";
  }
  return query;
}

Outcome wait(ports::Session& session) {
  while (true) {
    if (auto outcome = session.next(std::chrono::milliseconds(100))) return std::move(*outcome);
  }
}

// Takes what is outstanding, so that the session can be used.
[[noreturn]] void refuse(ports::Session& session, const ports::ServerMessage& error) {
  if (session.outstanding() == 0) session.sync();
  while (session.outstanding() > 0) wait(session);
  throw Error(ErrorKind::environment, "cannot read the schema: " + error.message, error.hint)
      .with_sqlstate(error.sqlstate, error.detail);
}

Outcome take(ports::Session& session) {
  Outcome outcome = wait(session);
  if (outcome.status == OutcomeStatus::failed) refuse(session, outcome.error);
  return outcome;
}

schema::ServerTraits traits_of(const std::vector<Param>& found) {
  schema::ServerTraits server{.version = std::stoi(found[0].value_or("0")),
                              .bootstrap_superuser = found[1].value_or(""),
                              .subscriptions_readable = found[2] == "t"};
  const auto& rare = schema::rare_catalogs();
  for (std::size_t i = 0; i < rare.size(); ++i) {
    if (found[first_rare + i] == "t") server.rare.push_back(rare[i].name);
  }
  return server;
}

}  // namespace

schema::Snapshot read_schema(ports::Session& session, const LedgerNames& own) {
  session.send(look(), ports::Rows::keep);
  session.flush();
  const std::vector<Param> found = take(session).values.at(0);
  const schema::ServerTraits server = traits_of(found);
  const std::vector<schema::CatalogQuery> queries = schema::catalog_queries(server);
  std::vector<Param> wanted;
  for (const Setting& setting : settings) wanted.emplace_back(setting.value);
  session.send(set(wanted));
  for (const schema::CatalogQuery& query : queries) session.send({query.sql}, ports::Rows::keep);
  session.send(set({found.begin() + first_setting, found.begin() + first_rare}));
  session.sync();
  take(session);
  schema::SnapshotBuilder builder(server, own);
  for (const schema::CatalogQuery& query : queries) builder.add(query, take(session).values);
  take(session);
  wait(session);
  return builder.finish();
}

}  // namespace pgtide::engine
