#include "engine/schema_reader.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "engine/live_schema.hpp"
#include "pgtide/error.hpp"
#include "schema/catalog_query.hpp"
#include "schema/snapshot_builder.hpp"

namespace pgtide::engine {
namespace {

using ports::Outcome;
using ports::OutcomeStatus;

// Planning takes longer than running these queries.
constexpr const char* plan_quickly =
    "SELECT pg_catalog.set_config('jit', 'off', true), "
    "pg_catalog.set_config('join_collapse_limit', '1', true), "
    "pg_catalog.set_config('max_parallel_workers_per_gather', '0', true)";

Query look() {
  std::string sql =
      "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.pg_get_userbyid(10), "
      "pg_catalog.has_table_privilege('pg_catalog.pg_subscription', 'SELECT')";
  for (const schema::RareCatalog& rare : schema::rare_catalogs()) {
    sql += fmt::format(", EXISTS (SELECT FROM pg_catalog.{} WHERE {})", rare.name, rare.own_rows);
  }
  return {std::move(sql)};
}

constexpr std::size_t first_rare = 3;

Outcome wait(ports::Session& session) {
  while (true) {
    if (auto outcome = session.next(std::chrono::milliseconds(100))) return std::move(*outcome);
  }
}

// Takes what is outstanding, so that the session can be used.
[[noreturn]] void refuse(ports::Session& session, const ports::ServerMessage& error) {
  while (session.outstanding() > 0) wait(session);
  throw Error(ErrorKind::environment, "cannot read the schema: " + error.message, error.hint)
      .with_sqlstate(error.sqlstate, error.detail);
}

// Behind a sync, without which the session stays as the error left it.
Outcome take(ports::Session& session) {
  Outcome outcome = wait(session);
  if (outcome.status == OutcomeStatus::failed) refuse(session, outcome.error);
  return outcome;
}

Outcome take_before_sync(ports::Session& session) {
  Outcome outcome = wait(session);
  if (outcome.status != OutcomeStatus::failed) return outcome;
  session.sync();
  refuse(session, outcome.error);
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

schema::LiveSnapshot read_live_schema(ports::Session& session, const LedgerNames& own,
                                      schema::Breadth breadth) {
  session.send(own_settings());
  session.send(look(), ports::Rows::keep);
  session.flush();
  take_before_sync(session);
  schema::ServerTraits server = traits_of(take_before_sync(session).values.at(0));
  server.breadth = breadth;
  const std::vector<schema::CatalogQuery> queries = schema::catalog_queries(server);
  session.send({plan_quickly});
  for (const schema::CatalogQuery& query : queries) session.send({query.sql}, ports::Rows::keep);
  session.sync();
  take(session);
  schema::SnapshotBuilder builder(server, own);
  for (const schema::CatalogQuery& query : queries) builder.add(query, take(session).values);
  wait(session);
  return builder.finish_live();
}

schema::Snapshot read_schema(ports::Session& session, const LedgerNames& own,
                             schema::Breadth breadth) {
  return schema::plain(read_live_schema(session, own, breadth));
}

}  // namespace pgtide::engine
