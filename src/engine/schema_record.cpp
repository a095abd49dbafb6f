#include "engine/schema_record.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/schema_reader.hpp"
#include "pgtide/error.hpp"
#include "ports/ask.hpp"
#include "schema/snapshot_text.hpp"

namespace pgtide::engine {
namespace {

// A log row should stay small beside the database.
constexpr std::size_t most_bytes_kept = std::size_t{4} << 20;

}  // namespace

std::optional<RecordedSchema> recorded_schema(ports::Session& session, const LedgerNames& names,
                                              const std::optional<std::string>& version) {
  const ports::RowValues rows =
      ask(session,
          {fmt::format(
               "SELECT version, pg_catalog.to_char(at AT TIME ZONE 'UTC', "
               "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), schema_fingerprint, detail #>> '{{schema}}'\n"
               "FROM {} WHERE event = 'schema_recorded' AND ($1::text IS NULL OR version = $1) "
               "ORDER BY id DESC LIMIT 1",
               names.qualified(names.log())),
           {version}});
  if (rows.empty()) return std::nullopt;
  const auto& row = rows.front();
  RecordedSchema recorded{.version = row.at(0).value_or(""),
                          .recorded_at = row.at(1).value_or(""),
                          .fingerprint = row.at(2).value_or(""),
                          .schema = {}};
  if (row.at(3)) recorded.schema = schema::from_text(*row.at(3));
  return recorded;
}

schema::Snapshot read_schema_politely(ports::Session& session, const LedgerNames& names,
                                      std::chrono::milliseconds lock_timeout) {
  tell(session, {{"BEGIN ISOLATION LEVEL REPEATABLE READ"},
                 {"SELECT pg_catalog.set_config('lock_timeout', $1, true)",
                  {std::to_string(lock_timeout.count())}}});
  try {
    schema::Snapshot schema = read_schema(session, names);
    tell(session, {{"COMMIT"}});
    return schema;
  } catch (const Error&) {
    tell(session, {{"ROLLBACK"}});
    throw;
  }
}

void record_schema(ports::Session& session, const LedgerNames& names, const RunIdentity& run,
                   const std::string& version, const schema::Snapshot& schema) {
  const std::string text = schema::to_text(schema);
  tell(session,
       {own_settings(),
        {fmt::format("WITH logged AS (INSERT INTO {} (run_id, version, event, schema_fingerprint, "
                     "client_host, tool_version, detail)\nVALUES ($1::uuid, $2, "
                     "'schema_recorded', $3, $4, $5, pg_catalog.jsonb_build_object('schema', "
                     "$6::text)) RETURNING 1)\n"
                     "SELECT 1 / pg_catalog.count(*) FROM logged",
                     names.qualified(names.log())),
         {run.run_id, version, schema::fingerprint(schema), run.client_host, run.tool_version,
          text.size() > most_bytes_kept ? Param() : Param(text)}}});
}

SchemaDrift drift_from(const RecordedSchema& recorded, const schema::Snapshot& now) {
  SchemaDrift drift{
      .known = true, .version = recorded.version, .recorded_at = recorded.recorded_at};
  drift.changed = schema::fingerprint(now) != recorded.fingerprint;
  if (!drift.changed || !recorded.schema) return drift;
  // The record may be of more than is looked at now.
  drift.differences = schema::diff(*recorded.schema, now);
  drift.changed = !drift.differences.empty();
  return drift;
}

}  // namespace pgtide::engine
