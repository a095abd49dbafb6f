#include "engine/sequence_values.hpp"

#include <fmt/format.h>

#include <vector>

#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

SequenceValues read_given_out(ports::Session& session) {
  SequenceValues values;
  const ports::RowValues rows = ask(
      session, {"SELECT c.oid::text, pg_catalog.format('%I.%I', n.nspname, c.relname), "
                "pg_catalog.pg_sequence_last_value(c.oid)::text, s.seqstart::text\n"
                "FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid\n"
                "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
                "WHERE c.relpersistence <> 't'"});
  for (const auto& row : rows) {
    values[row.at(0).value()] = {
        .name = row.at(1).value(), .value = row.at(2), .next = row.at(3).value()};
  }
  return values;
}

}  // namespace

SequenceValues read_sequences(ports::Session& session) {
  SequenceValues values = read_given_out(session);
  // One that gave out nothing yet may have been set to begin elsewhere.
  std::string sql;
  for (const auto& [oid, sequence] : values) {
    if (sequence.value) continue;
    sql += sql.empty() ? "" : "\nUNION ALL ";
    sql += fmt::format("SELECT '{}', last_value::text FROM {}", oid, sequence.name);
  }
  if (sql.empty()) return values;
  for (const auto& row : ask(session, {sql})) values[row.at(0).value()].next = row.at(1).value();
  return values;
}

void restore_sequences(ports::Session& session, const SequenceValues& before) {
  std::vector<Query> moved = {own_settings()};
  for (const auto& [oid, now] : read_given_out(session)) {
    const auto known = before.find(oid);
    if (known == before.end() || known->second.value == now.value) continue;
    const SequenceValue& was = known->second;
    moved.push_back(
        {"SELECT pg_catalog.setval($1::pg_catalog.oid::pg_catalog.regclass, "
         "$2::bigint, $3::boolean)",
         {oid, was.value ? *was.value : was.next, was.value ? "true" : "false"}});
  }
  if (moved.size() > 1) tell(session, moved);
}

}  // namespace pgtide::engine
